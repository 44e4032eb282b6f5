import type { AddressInfo } from 'node:net'
import { createEmulator } from '../../src/emulator/emulator.js'
import type { EmulatorOptions } from '../../src/emulator/emulator.js'

/** A running emulator and how to reach it. */
export interface RunningEmulator {
  readonly url: string
  /** The registry host, `127.0.0.1:PORT`. */
  readonly host: string
  /** The variables that point the SDK at it. */
  readonly env: Readonly<Record<string, string>>
  /** The log of the requests so far, as `GET /_emulator/requests` gives it. */
  requests(): Promise<EmulatorRequest[]>
  /** Begins that log anew. */
  clearRequests(): Promise<void>
  /** The operations called so far, in order, those of the API only: `DescribeRepositories`, … */
  operations(): Promise<string[]>
  /** Sets one fault, as `POST /_emulator/faults` takes it. */
  fault(rule: Readonly<Record<string, unknown>>): Promise<void>
  clearFaults(): Promise<void>
  /** Calls back with each request, before it is answered. */
  onRequest(listener: () => void): void
  close(): Promise<void>
}

/** One line of the request log. */
export interface EmulatorRequest {
  /** The API operation, or `undefined` for a request to the registry side. */
  readonly operation?: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** The bytes of the request body. */
  readonly requestBytes: number
}

const running = new Set<RunningEmulator>()

/** Starts an emulator in this process on a free port of the loopback; `afterEach` closes it. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<RunningEmulator> {
  const server = createEmulator(options)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${String(port)}`
  const requests = async (): Promise<EmulatorRequest[]> => {
    const response = await fetch(`${url}/_emulator/requests`)
    return (await response.json()) as EmulatorRequest[]
  }
  const emulator: RunningEmulator = {
    url,
    host: `127.0.0.1:${String(port)}`,
    env: {
      AWS_ENDPOINT_URL_ECR_PUBLIC: url,
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'emulator-secret-access-key',
      AWS_EC2_METADATA_DISABLED: 'true'
    },
    requests,
    clearRequests: async () => {
      await fetch(`${url}/_emulator/requests`, { method: 'DELETE' })
    },
    operations: async () =>
      (await requests()).flatMap(({ operation }) => (operation === undefined ? [] : [operation])),
    fault: async (rule) => {
      const response = await fetch(`${url}/_emulator/faults`, {
        method: 'POST',
        body: JSON.stringify(rule)
      })
      if (!response.ok) throw new Error(await response.text())
    },
    clearFaults: async () => {
      await fetch(`${url}/_emulator/faults`, { method: 'DELETE' })
    },
    onRequest: (listener) => void server.on('request', listener),
    close: async () => {
      running.delete(emulator)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  running.add(emulator)
  return emulator
}

afterEach(async () => {
  for (const emulator of [...running]) await emulator.close()
})
