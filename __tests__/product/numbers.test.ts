import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OPERATIONS } from '../../src/emulator/model/operations.js'
import { DEFAULT_LIMITS } from '../../src/emulator/options.js'
import { MAX_LAYER_SIZE_BYTES, MAX_MANIFEST_BYTES } from '../../src/oci/manifest.js'
import { MAX_OUTPUT_BYTES } from '../../src/runner/plan.js'
import { MAX_LOGO_BYTES } from '../../src/sync-catalog/read-logo.js'
import { MAX_TEXT_LENGTH } from '../../src/sync-catalog/markdown/catalog-texts.js'
import { ROOT } from './read-workflow.js'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8').replace(/\s+/g, ' ')

const MIB = 1024 * 1024
const count = (value: number): string => value.toLocaleString('en-US')
const mib = (bytes: number): string => `${count(bytes / MIB)} MiB`
const { parts, minPartBytes, maxPartBytes, tagsPerImage, repositories, images } = DEFAULT_LIMITS

/** The values of the code, as the documents write them. */
const NUMBERS: readonly (readonly [path: string, text: string])[] = [
  [
    'docs/limits.md',
    `${mib(MAX_LAYER_SIZE_BYTES)}, in at most ${count(parts)} parts of ${count(minPartBytes / MIB)} to ${mib(maxPartBytes)}`
  ],
  ['docs/limits.md', `Manifest | ${mib(MAX_MANIFEST_BYTES)}`],
  ['docs/limits.md', `About and usage texts | ${count(MAX_TEXT_LENGTH)} characters each`],
  ['docs/limits.md', `Logo | ${count(MAX_LOGO_BYTES)} bytes`],
  ['docs/limits.md', `Tags | ${count(tagsPerImage)} per image`],
  ['docs/limits.md', `Repositories | ${count(repositories)} per registry`],
  ['docs/limits.md', `Images | ${count(images)} per repository`],
  ['docs/limits.md', `Lists are cut at ${count(MAX_OUTPUT_BYTES / 1000)} kB`],
  ['docs/PARITY.md', `${count(repositories)} repositories, ${count(images)} images per repository`],
  ['docs/emulator.md', `all ${count(Object.keys(OPERATIONS).length)} operations of the API`],
  ['docs/comparison.md', `${count(Object.keys(OPERATIONS).length)} of 23 operations`],
  ['README.md', `at most ${count(MAX_LOGO_BYTES)} bytes`],
  ['.github/SECURITY.md', `their size is limited to ${mib(MAX_MANIFEST_BYTES)}`]
]

it.each(NUMBERS)('%s contains the value of the code: %s', (path, text) => {
  expect(read(path).replace(/ +\|/g, ' |')).toContain(text)
})

it('names the size that login may load as its test does', () => {
  const [, bytes = ''] =
    /\n {2}login: ([\d_]+),/.exec(
      readFileSync(join(ROOT, '__tests__/bundle/budget.test.ts'), 'utf8')
    ) ?? []
  const kilobytes = Number(bytes.replaceAll('_', '')) / 1000
  expect(kilobytes).toBeGreaterThan(0)
  const text = read('docs/decisions.md')
  expect(text).toContain(`\`login\` loads less than ${String(kilobytes)} kB in total`)
  expect(text).toContain(`instead of at most ${String(kilobytes)} kB`)
})
