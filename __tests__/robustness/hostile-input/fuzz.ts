import fc from 'fast-check'
import { Worker } from 'node:worker_threads'
import { ActionError } from '../../../src/runner/errors.js'
import { isSoak, SEED, tellCounts } from '../../helpers/counts.js'

/** How long one input may keep a parser, in milliseconds, before it counts as hanging: far above what any takes. */
const HANG_MS = 120_000
/** How much more memory than at its start a suite may ever hold, in bytes. */
const MAX_GROWTH_BYTES = 1024 ** 3
/** The longest message that an error may have, in characters: it may quote the input, but not all of it. */
const MAX_MESSAGE_CHARACTERS = 20_000

type ErrorClass = abstract new (...args: never[]) => Error

const counts = { 'fuzzed inputs': 0, taken: 0, refused: 0 }
const memoryAtStart = process.memoryUsage.rss()
const beats = new Int32Array(new SharedArrayBuffer(4))
let watchdog: Worker | undefined

/** Ends the process with a message if no new input was started for too long, since a parser that hangs cannot be stopped. */
const WATCHDOG = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { writeSync } = require('node:fs')
  let target, last, ticks = 0
  parentPort.on('message', (name) => { target = name; last = undefined })
  setInterval(() => {
    const beat = Atomics.load(workerData.beats, 0)
    if (beat !== last || target === undefined) { last = beat; ticks = 0; return }
    if (++ticks * 1000 < workerData.hangMs) return
    writeSync(2, 'hostile input: ' + target + ' hangs on its input ' + beat + ' (SEED=' + workerData.seed + ')\\n')
    process.kill(process.pid, 'SIGKILL')
  }, 1000)`

/**
 * Tries a reader on hostile inputs, more of them in a soak. It may give a value, or refuse with an error that is
 * meant for people; it may not crash, hang, take memory without bound or touch what all objects share.
 *
 * @param runs how many inputs, and in a soak how many times as many
 * @param refusals classes of errors, beside `ActionError`, that callers of the reader turn into words
 */
export async function tryHostile<Input>(
  target: string,
  inputs: fc.Arbitrary<Input>,
  runs: { readonly small: number; readonly soak: number },
  read: (input: Input) => unknown,
  refusals: readonly ErrorClass[] = []
): Promise<void> {
  watchdog ??= new Worker(WATCHDOG, {
    eval: true,
    workerData: { beats, hangMs: HANG_MS, seed: SEED }
  })
  watchdog.unref()
  watchdog.postMessage(target)
  const property = fc.asyncProperty(inputs, async (input) => {
    Atomics.add(beats, 0, 1)
    counts['fuzzed inputs']++
    try {
      await read(input)
      counts.taken++
    } catch (error) {
      refuseUnclear(error, [ActionError, ...refusals])
      counts.refused++
    }
    for (const name in {}) throw new Error(`every object now has a member "${name}"`)
    const growth = process.memoryUsage.rss() - memoryAtStart
    if (growth > MAX_GROWTH_BYTES) throw new Error(`${growth} bytes more are held than before`)
  })
  const details = await fc.check(property, { numRuns: isSoak ? runs.soak : runs.small })
  watchdog.postMessage(undefined)
  if (!details.failed) return
  const input = textOf(details.counterexample).slice(0, MAX_SHOWN_CHARACTERS)
  throw new Error(
    `${target} (SEED=${SEED}, path ${String(details.counterexamplePath)}): ${input}`,
    { cause: details.errorInstance }
  )
}

/** Returns the input as text, unless it is nested too deeply to serialize. */
function textOf(input: unknown): string {
  try {
    return fc.stringify(input)
  } catch {
    return 'an input that nests too deep to be shown'
  }
}

/** How much of an input that a reader stumbled over is shown. */
const MAX_SHOWN_CHARACTERS = 2000

function refuseUnclear(error: unknown, classes: readonly ErrorClass[]): void {
  if (!(error instanceof Error) || !classes.some((each) => error instanceof each)) throw error
  if (error.message === '') throw new Error('The error message is empty', { cause: error })
  if (error.message.length > MAX_MESSAGE_CHARACTERS) {
    throw new Error(`The error has ${error.message.length} characters`, { cause: error })
  }
}

/** Prints, after the tests of a file, how many inputs were tried. */
export function tellFuzzCounts(suite: string): void {
  afterAll(async () => {
    await watchdog?.terminate()
    tellCounts(`hostile input, ${suite}`, counts, SEED)
  })
}

/** How long the tests of one target may take, in milliseconds, in a soak above all. */
export const FUZZ_TIMEOUT_MS = 3_600_000
