// Prints the software bill of materials of the bundles in npm's CycloneDX format:
//
//     node .github/scripts/sbom.mjs [LICENSE FILE…]
//
// `npm sbom` lists the packages of the lock file. The script keeps those whose code is in a bundle, according to the files
// with licenses, which the build writes from the module graph.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LICENSE_FILES, readLicenseFile } from './bundled-packages.mjs'

const DEVELOPMENT = 'cdx:npm:package:development'

const paths = process.argv.length > 2 ? process.argv.slice(2) : LICENSE_FILES
const keyOf = ({ group, name, version }) =>
  `${group === undefined ? name : `${group}/${name}`}@${version}`
const bundled = new Set(paths.flatMap((path) => readLicenseFile(path).map(keyOf)))

const sbom = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 27
  })
)
const components = sbom.components.filter((each) => bundled.has(keyOf(each))).map(withoutScope)
const found = new Set(components.map(keyOf))
const missing = [...bundled].filter((key) => !found.has(key))
if (missing.length > 0) {
  throw new Error(`The lock file does not contain these packages: ${missing.join(', ')}`)
}
const root = sbom.metadata.component['bom-ref']
// npm uses the name of the directory.
const manifest = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8')
sbom.metadata.component.name = JSON.parse(manifest).name
const refs = new Set(components.map((each) => each['bom-ref']))
const dependencies = sbom.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }))
const required = new Set(dependencies.flatMap(({ dependsOn }) => dependsOn))
const ofRoot = { ref: root, dependsOn: [...refs].filter((ref) => !required.has(ref)) }
const document = { ...sbom, components, dependencies: [ofRoot, ...dependencies] }
console.log(JSON.stringify(document, undefined, 2))

/** Removes the property and the scope of a package that only development dependencies require: its code is in a bundle. */
function withoutScope(component) {
  const properties = (component.properties ?? []).filter(({ name }) => name !== DEVELOPMENT)
  const copy = { ...component, properties }
  delete copy.scope
  if (properties.length === 0) delete copy.properties
  return copy
}
