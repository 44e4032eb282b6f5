import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_LIMITS, SWITCHES } from '../../src/emulator/options.js'

const PARITY = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'PARITY.md'), 'utf8')
const ROWS = PARITY.split('\n').filter((line) => line.startsWith('|'))

test.each(Object.entries(SWITCHES))(
  'PARITY.md lists the switch %s with its default',
  (name, values) => {
    const row = ROWS.find((line) => line.includes(`\`${name}\`: \`${values[0]}\``))
    expect({ name, isListed: row !== undefined }).toEqual({ name, isListed: true })
  }
)

test('PARITY.md lists every limit', () => {
  const missing = Object.keys(DEFAULT_LIMITS).filter((name) => !PARITY.includes(`\`${name}\``))
  // The page sizes are part of the rows of the lists.
  expect(missing).toEqual(['maxTagsPerPage', 'referrersPerPage'])
})

test('every row of PARITY.md has a confidence', () => {
  const sure = /seen|documented|like ECR|guess|ours|left out|sure|-{3}/
  for (const row of ROWS) expect(row.split('|').at(-2)).toMatch(sure)
})
