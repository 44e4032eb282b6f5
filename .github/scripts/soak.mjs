// The tests that have a larger size, at that size, one file after another: `npm run soak [seed] [part of a path …]`.
// It ends with the first file that fails, and in the end prints what each one tried. Everything random follows
// from the seed, which is printed.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'

/** The files, and how long each may take, in minutes, on a small machine. */
const SUITES = [
  ['__tests__/robustness/hostile-input', 60],
  ['__tests__/robustness/fault-matrix', 120],
  ['__tests__/robustness/interruptions', 60],
  ['__tests__/modes/push-tar-faults', 30],
  ['__tests__/modes/cleanup-tags-faults', 30],
  ['__tests__/modes/cleanup-tags-model', 60],
  ['__tests__/modes/cleanup-tags-scale', 30],
  ['__tests__/modes/ensure-repo.test', 30],
  ['__tests__/modes/login-concurrency', 30],
  ['__tests__/modes/push-tar-clients', 30],
  ['__tests__/auth/login-model', 30],
  ['__tests__/archive/any-archive', 30],
  ['__tests__/catalog/properties', 30],
  ['__tests__/emulator/kill', 30],
  ['__tests__/emulator/many-tags', 30]
]

/** What issue and release notes ask for, summed up over all suites. */
const MINIMA = { 'faulted calls': 10_000, 'fuzzed inputs': 100_000, interruptions: 500 }

const MINUTE_MS = 60_000
/** How much of the output of a suite that failed is shown. */
const SHOWN_CHARACTERS = 20_000
const root = join(import.meta.dirname, '..', '..')

/** Runs one suite; its output, and whether it passed. */
async function runSuite(suite, minutes, seed) {
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--runInBand',
      suite
    ],
    {
      cwd: root,
      env: { ...process.env, SOAK: '1', SEED: String(seed), FC_SEED: String(seed) },
      stdio: ['ignore', 'pipe', 'pipe']
    }
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), minutes * MINUTE_MS)
  const status = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  return { output, isGood: status === 0 }
}

/** The lines `counts: …` of the tests, and their numbers by what was counted. */
function readCounts(output) {
  const lines = [...output.matchAll(/^\s*counts: (.+)$/gm)].map(([, line]) => line)
  const counts = lines.flatMap((line) =>
    [...line.matchAll(/(?<=[:,] )(\d+) ([a-z ]+?)(?=,| \()/g)].map(([, count, what]) => [
      what,
      Number(count)
    ])
  )
  return { lines, counts }
}

const [given, ...rest] = process.argv.slice(2)
const hasSeed = /^\d+$/.test(given ?? '')
const seed = hasSeed ? Number(given) : Math.floor(Math.random() * 2 ** 31)
const wanted = hasSeed || given === undefined ? rest : [given, ...rest]
const suites = SUITES.filter(
  ([suite]) => wanted.length === 0 || wanted.some((part) => suite.includes(part))
)

console.log(`seed ${seed}; the same again: npm run soak -- ${[seed, ...wanted].join(' ')}`)
const summary = []
const totals = {}
for (const [suite, minutes] of suites) {
  const start = Date.now()
  const { output, isGood } = await runSuite(suite, minutes, seed)
  const took = `${Math.round((Date.now() - start) / 1000)} s`
  if (!isGood) {
    console.log(output.slice(-SHOWN_CHARACTERS))
    console.log(`${suite} failed after ${took}, with seed ${seed}`)
    process.exit(1)
  }
  const { lines, counts } = readCounts(output)
  for (const [what, count] of counts) totals[what] = (totals[what] ?? 0) + count
  const passed = /^(\d+) passed, \d+ failed, \d+ skipped$/m.exec(output)?.[0] ?? ''
  summary.push(...(lines.length > 0 ? lines : [`${suite}: ${passed}`]))
  console.log(`${suite} passed in ${took}`)
}

console.log(['', ...summary].join('\n'))
console.log(
  `in all: ${Object.entries(totals)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ')}`
)
const short = Object.entries(MINIMA).filter(([what, minimum]) => (totals[what] ?? 0) < minimum)
if (wanted.length === 0 && short.length > 0) {
  console.log(`too few: ${short.map(([what, minimum]) => `${what} (${minimum})`).join(', ')}`)
  process.exit(1)
}
