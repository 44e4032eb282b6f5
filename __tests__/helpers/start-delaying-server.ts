import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { forward } from './forward.js'
import { recordHost } from './record-host.js'
import type { RunningEmulator } from './start-emulator.js'

/** A call that the server forwarded. */
export interface DelayedCall {
  /** The API operation (`PutImage`), or the method and the path of a registry request (`GET /v2/`). */
  readonly name: string
  /** Number of the calls that had to end before this one started, plus one: 1 for the first call. */
  readonly round: number
  /** `true` for the first call of a connection, which waits for one more round trip. */
  readonly opensConnection: boolean
  /** The number of connections that were opened when the call arrived, since the calls were taken the last time. */
  readonly connections: number
}

/** A server between the action and an emulator, which delays each request. */
export interface DelayingServer {
  readonly env: Readonly<Record<string, string>>
  /** Returns the calls since the last time, in the order in which they started. */
  takeCalls(): DelayedCall[]
  close(): Promise<void>
}

/**
 * The delay of each request. A call that does not wait for another one starts within this time, so that the calls in a
 * row can be counted from what was in progress when a call started.
 */
const DELAY_MILLISECONDS = 500

interface Interval extends DelayedCall {
  isOver: boolean
}

const running = new Set<DelayingServer>()

/** Starts a server that forwards requests to the emulator after a delay. `afterEach` closes it. */
export async function startDelayingServer(emulator: RunningEmulator): Promise<DelayingServer> {
  let calls: Interval[] = []
  let connections = 0
  const sockets = new WeakSet<Socket>()
  const server = createServer((incoming, response) => {
    const over = calls.filter(({ isOver }) => isOver)
    const round = 1 + Math.max(0, ...over.map((call) => call.round))
    const opensConnection = !sockets.has(incoming.socket)
    sockets.add(incoming.socket)
    const name = nameOf(incoming)
    const call: Interval = { name, round, opensConnection, connections, isOver: false }
    calls.push(call)
    response.on('close', () => (call.isOver = true))
    void delay(DELAY_MILLISECONDS).then(() => forward(emulator.url, incoming, response))
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`
  recordHost(host)
  const started: DelayingServer = {
    env: { ...emulator.env, AWS_ENDPOINT_URL_ECR_PUBLIC: `http://${host}` },
    takeCalls: () => {
      const taken = calls
      calls = []
      connections = 0
      return taken
    },
    close: async () => {
      running.delete(started)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  running.add(started)
  return started
}

function nameOf({ method, url, headers }: IncomingMessage): string {
  const target = headers['x-amz-target']
  if (typeof target === 'string') return target.replace(/^.*\./, '')
  return `${method ?? ''} ${(url ?? '').replace(/\?.*$/, '')}`
}

afterEach(async () => {
  for (const server of [...running]) await server.close()
})
