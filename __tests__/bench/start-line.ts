import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { BenchEmulator } from './emulator.ts'

/** The properties of a line. */
export interface LineSpeed {
  readonly name: string
  readonly roundTripMs: number
  /** Bytes per second, in each direction. 0 is unlimited. */
  readonly rate: number
}

/** An emulator at the other end of a line, which is a process of its own. */
export interface LineToEmulator {
  /** The emulator under the address of the line. */
  readonly emulator: BenchEmulator
  /** Returns what the line and the emulator did since they were started. */
  usage(): Promise<LineUsage>
  stop(): Promise<void>
}

/** What the line and the emulator did. */
export interface LineUsage {
  /** Bytes from the client to the emulator. */
  readonly sent: number
  /** Bytes from the emulator to the client. */
  readonly received: number
  /** CPU time of both processes in seconds. */
  readonly cpuSeconds: number
}

const PROXY = join(import.meta.dirname, 'line-proxy.ts')

/** Starts a line to the emulator. Stopping it does not stop the emulator. */
export async function startLine(
  emulator: BenchEmulator,
  { roundTripMs, rate }: LineSpeed
): Promise<LineToEmulator> {
  const port = emulator.host.replace(/^.*:/, '')
  const child = fork(PROXY, [port, String(roundTripMs), String(rate)])
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const receive = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(message as T))
      child.once('exit', () => reject(new Error('The line ended unexpectedly.')))
    })
  const { port: linePort } = await receive<{ port: number }>()
  const host = `127.0.0.1:${String(linePort)}`
  const url = `http://${host}`
  const env = { ...emulator.env, AWS_ENDPOINT_URL_ECR_PUBLIC: url }
  return {
    emulator: { ...emulator, url, host, env },
    usage: async () => {
      const answer = receive<LineUsage>()
      child.send('usage')
      const [usage, emulatorSeconds] = [await answer, await emulator.cpuSeconds()]
      return { ...usage, cpuSeconds: usage.cpuSeconds + emulatorSeconds }
    },
    stop: async () => {
      // It has nothing to save, and process.exit() can wait for a thread of V8 forever (nodejs/node#54918).
      child.kill('SIGKILL')
      await ended
    }
  }
}
