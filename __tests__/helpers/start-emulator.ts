import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createEmulatorServer } from '../../src/emulator/emulator.js'
import type { EmulatorOptions } from '../../src/emulator/emulator.js'
import { recordHost } from './record-host.js'

/** A running emulator. */
export interface RunningEmulator {
  readonly url: string
  /** The registry host, `127.0.0.1:PORT`. */
  readonly host: string
  /** The environment variables for the SDK to use the emulator. */
  readonly env: Readonly<Record<string, string>>
  /** Returns the request log (`GET /_emulator/requests`). */
  requests(): Promise<EmulatorRequest[]>
  /** Clears the request log. */
  clearRequests(): Promise<void>
  /** Returns the API operations in the request log, in order: `DescribeRepositories`, … */
  operations(): Promise<string[]>
  /** Adds a fault (`POST /_emulator/faults`). */
  fault(rule: Readonly<Record<string, unknown>>): Promise<void>
  clearFaults(): Promise<void>
  /** Calls `listener` for each request before the response is sent. */
  onRequest(listener: RequestListener): void
  close(): Promise<void>
}

/** An entry of the request log. */
export interface EmulatorRequest {
  /** The API operation, or `undefined` for a request to the registry. */
  readonly operation?: string
  readonly method: string
  readonly path: string
  readonly status: number
  /** The size of the request body in bytes. */
  readonly requestBytes: number
}

const running = new Set<RunningEmulator>()

/** Starts an emulator in this process on a free port of the loopback. `afterEach` closes it. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<RunningEmulator> {
  const { server } = await createEmulatorServer(options)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${String(port)}`
  recordHost(`127.0.0.1:${String(port)}`)
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
