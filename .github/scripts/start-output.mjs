// Copies the output of `npm start` into the README:
//
//     npm run bundle && npm run docs:start
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const readme = join(root, 'README.md')
const block = /(<!-- output of npm start -->\n\n```text\n)[^]*?(\n```\n)/

const text = readFileSync(readme, 'utf8')
if (!block.test(text)) throw new Error('README.md does not contain the block of npm start')
const start = join(root, 'dist', 'quick-start', 'index.js')
const output = execFileSync(process.execPath, [start], { cwd: root, encoding: 'utf8' })
const short = output.trimEnd().replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…')
writeFileSync(
  readme,
  text.replace(block, (_, opening, closing) => `${opening}${short}${closing}`)
)
