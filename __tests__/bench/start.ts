import { spawn } from 'node:child_process'
import type { Line } from './table.ts'
import { EMULATOR_BUNDLE } from './emulator.ts'

/** Factor for the number of runs. A start is short and varies more than a push. */
const MORE_RUNS = 5

/** The last variable that the emulator prints when it accepts connections. */
const LAST_LINE = 'export AWS_SECRET_ACCESS_KEY='

/** Measures the time until the emulator has printed its variables, and until a bare Node.js prints a line. */
export async function* benchStart(runs: number): AsyncGenerator<Line> {
  const ours: number[] = []
  const peer: number[] = []
  for (let run = 0; run < MORE_RUNS * runs; run++) {
    ours.push(await secondsToLastLine([EMULATOR_BUNDLE, '--port', '0']))
    peer.push(await secondsToLastLine(['--eval', `console.log('${LAST_LINE}')`]))
    process.stderr.write('.')
  }
  const peerName = 'Node.js that prints a line'
  yield { work: 'emulator, variables printed: wall', ours, peer, peerName, unit: 's' }
}

async function secondsToLastLine(args: readonly string[]): Promise<number> {
  const before = performance.now()
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += String(chunk)
    if (output.includes(LAST_LINE)) break
  }
  const seconds = (performance.now() - before) / 1000
  if (!output.includes(LAST_LINE)) throw new Error(`${args.join(' ')} did not print its variables.`)
  child.kill('SIGTERM')
  await ended
  return seconds
}
