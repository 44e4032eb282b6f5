// Prints the software bill of materials of what is bundled, CycloneDX as npm writes it.
//
// `npm sbom --omit dev` leaves out every package that a package for the tests depends on as well, `semver` and
// `micromark` among them. So all are listed, and those that are there for the tests alone are taken out.
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
