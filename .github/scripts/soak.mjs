// Runs the tests that have a soak size at that size: `npm run soak [seed] [part of a path …]`. It runs one file per core,
// the longest first, and stops at the first failure. At the end, it prints the counts of each file. All random values
// derive from the printed seed.

import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'

/** The files, the longest first, with their timeout in minutes on a small machine. */
const SUITES = [
  ['__tests__/cleanup-tags/cleanup-tags-model', 60],
  ['__tests__/robustness/fault-matrix-bundle', 120],
  ['__tests__/robustness/interruptions', 120],
  ['__tests__/robustness/fault-matrix.test', 120],
  ['__tests__/robustness/fault-storms', 60],
  ['__tests__/image-archive/any-archive', 60],
  ['__tests__/robustness/hostile-input/answers', 60],
  ['__tests__/robustness/hostile-input/archives', 60],
  ['__tests__/robustness/hostile-input/markdown', 60],
  ['__tests__/robustness/hostile-input/settings', 60],
  ['__tests__/robustness/hostile-input/images', 60],
  ['__tests__/robustness/hostile-input/surroundings', 60],
  ['__tests__/robustness/log-injection', 30],
  ['__tests__/push-tar/push-tar-faults', 30],
  ['__tests__/cleanup-tags/cleanup-tags-faults', 30],
  ['__tests__/cleanup-tags/cleanup-tags-scale', 30],
  ['__tests__/ensure-repo/ensure-repo.test', 30],
  ['__tests__/login/login-concurrency', 30],
  ['__tests__/push-tar/push-tar-clients', 30],
  ['__tests__/login/login-model', 30],
  ['__tests__/sync-catalog/markdown/properties', 30],
  ['__tests__/sync-catalog/markdown/npm-readmes', 30],
  ['__tests__/push-tar/push-layers', 30],
  ['__tests__/push-tar/push-tar-merge-model', 30],
  ['__tests__/push-tar/promotion/changing-source', 30],
  ['__tests__/cleanup-tags/rules/plan-retention', 30],
  ['__tests__/ecr-public/resolve-repositories-properties.test', 30],
  ['__tests__/image-archive/image-names.test', 30],
  ['__tests__/emulator/kill', 30],
  ['__tests__/emulator/many-tags', 30]
]

/** The required totals over all suites. */
const MINIMA = { 'faulted calls': 10_000, 'fuzzed inputs': 100_000, interruptions: 500 }

const MINUTE_MS = 60_000
/** Number of characters to print from the output of a failed suite. */
const SHOWN_CHARACTERS = 20_000
const root = join(import.meta.dirname, '..', '..')

/** The processes of the running suites. Each is the leader of a process group with its children. */
const running = new Set()

/** Kills a suite and its child processes. */
function endTree(child) {
  try {
    if (process.platform === 'win32') spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'])
    else process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    running.forEach(endTree)
    process.exit(1)
  })
}

/** Runs one suite and returns its output, its result and its time in seconds. */
async function runSuite(suite, minutes, seed) {
  const start = Date.now()
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
      env: { ...process.env, SOAK: '1', SEED: String(seed) },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32'
    }
  )
  running.add(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output += text))
  }
  const timer = setTimeout(() => endTree(child), minutes * MINUTE_MS)
  const status = await new Promise((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  running.delete(child)
  return { output, isGood: status === 0, seconds: Math.round((Date.now() - start) / 1000) }
}

/** Returns the lines `counts: …` of the tests, and their numbers with names. */
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
const selected = hasSeed || given === undefined ? rest : [given, ...rest]
const suites = SUITES.filter(
  ([suite]) => selected.length === 0 || selected.some((part) => suite.includes(part))
)
const start = Date.now()

console.log(`Seed: ${seed}. To repeat this run: npm run soak -- ${[seed, ...selected].join(' ')}`)
const summaries = suites.map(() => [])
const totals = {}

/** Runs the remaining suites one after another. Stops everything if one fails. */
async function runSuites(left) {
  for (const [at, [suite, minutes]] of left) {
    const { output, isGood, seconds } = await runSuite(suite, minutes, seed)
    if (!isGood) {
      running.forEach(endTree)
      console.log(output.slice(-SHOWN_CHARACTERS))
      console.log(`${suite} failed after ${seconds} s (seed ${seed})`)
      process.exit(1)
    }
    const { lines, counts } = readCounts(output)
    for (const [what, count] of counts) totals[what] = (totals[what] ?? 0) + count
    const passed = /^(\d+) passed, \d+ failed, \d+ skipped$/m.exec(output)?.[0] ?? ''
    summaries[at].push(...(lines.length > 0 ? lines : [`${suite}: ${passed}`]))
    console.log([`${suite} passed in ${seconds} s`, ...lines.map((line) => `  ${line}`)].join('\n'))
  }
}

// All workers share this iterator.
const left = suites.entries()
await Promise.all(Array.from({ length: availableParallelism() }, () => runSuites(left)))

console.log(['', ...summaries.flat()].join('\n'))
const all = Object.entries(totals).map(([what, count]) => `${count} ${what}`)
console.log(`Total: ${all.join(', ')} in ${Math.round((Date.now() - start) / 1000)} s`)
const short = Object.entries(MINIMA).filter(([what, minimum]) => (totals[what] ?? 0) < minimum)
if (selected.length === 0 && short.length > 0) {
  console.log(
    `Below the required total: ${short.map(([what, minimum]) => `${what} (${minimum})`).join(', ')}`
  )
  process.exit(1)
}
