// Prints the software bill of materials of the bundled packages in npm's CycloneDX format.
//
// `npm sbom --omit dev` also omits packages that both a dependency and a development dependency require, such as `semver`.
// The script therefore lists all packages and removes the packages that only development dependencies require.
import { execFileSync } from 'node:child_process'

const DEVELOPMENT = 'cdx:npm:package:development'

const sbom = JSON.parse(
  execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 27
  })
)
const isBundled = ({ properties = [] }) =>
  !properties.some(({ name, value }) => name === DEVELOPMENT && value === 'true')
const components = sbom.components.filter(isBundled)
const refs = new Set([sbom.metadata.component, ...components].map((each) => each['bom-ref']))
const dependencies = sbom.dependencies
  .filter(({ ref }) => refs.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }))
console.log(JSON.stringify({ ...sbom, components, dependencies }, undefined, 2))
