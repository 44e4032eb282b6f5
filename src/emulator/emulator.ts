import { createServer } from 'node:http'
import type { Server } from 'node:http'

/** How the emulator behaves; every member has a default. */
export interface EmulatorOptions {
  /** The account id; 12 digits. */
  readonly account?: string
  /** The alias of the registry. */
  readonly alias?: string
}

/** The whole of ECR Public on one port, as a server that listens nowhere yet. */
export function createEmulator(options: EmulatorOptions = {}): Server {
  return createServer((_request, response) => response.end(JSON.stringify(options)))
}
