import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readFirstLines } from './first-lines.js'
import { ROOT } from './read-workflow.js'

/** Replaces values that differ between runs and machines. */
function withoutValues(output: string): string {
  return output
    .replace(/127\.0\.0\.1:\d+/g, 'HOST')
    .replace(/sha256:(?:[0-9a-f]{64}|[0-9a-f]{12}…)/g, 'DIGEST')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\b\d+ MB\b/g, 'SIZE')
    .replace(/\b\d{4,}\b/g, 'BYTES')
    .replace(/ +$/gm, '')
    .trim()
}

it('shows the output of npm start in the README', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/quick-start/index.js'], {
    cwd: ROOT
  })
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, shown = ''] =
    /<!-- output of npm start -->\n\n```text\n([^]*?)\n```\n/.exec(readme) ?? []
  expect(withoutValues(shown)).toBe(withoutValues(stdout))
}, 240_000)

it('shows the first lines of the emulator in docs/emulator.md', async () => {
  const output = await readFirstLines()
  const document = readFileSync(join(ROOT, 'docs/emulator.md'), 'utf8')
  const shown = [...document.matchAll(/^ {4}(export .*)$/gm)].map(([, line = '']) => line)
  expect(withoutValues(shown.join('\n'))).toBe(withoutValues(output))
})
