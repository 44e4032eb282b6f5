// Prints the changelog section of a version, for the release page:
//
//     node .github/scripts/release-notes.mjs v1.2.3
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const version = process.argv[2]?.replace(/^v/, '')
const log = readFileSync(join(import.meta.dirname, '..', '..', 'CHANGELOG.md'), 'utf8')
const sections = log.split(/^## /m).slice(1)
const section = sections.find((text) => text.split(/\s/, 1)[0] === version)
if (section === undefined) {
  console.error(`CHANGELOG.md does not contain the section "## ${version ?? ''}"`)
  process.exitCode = 1
} else {
  console.log(section.slice(section.indexOf('\n')).trim())
}
