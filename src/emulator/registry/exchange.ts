import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'
import type { Repository } from '../store.js'
import { repositoryUnknown } from './registry-error.js'
import type { RepositoryPath } from './route.js'
import type { Holder } from './tokens.js'

/** One request to the registry side, on its way to its answer. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly context: EmulatorContext
  readonly path: string
  readonly query: URLSearchParams
  /** The scheme and host that the client used, which absolute addresses in answers start with. */
  readonly origin: string
  /** Whom the token of the request speaks for. */
  readonly holder: Holder
}

/** The scheme and host that a client used; a proxy before the emulator tells of TLS by a header. */
export function originOf(request: IncomingMessage): string {
  const encrypted =
    'encrypted' in request.socket || request.headers['x-forwarded-proto'] === 'https'
  return `${encrypted ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}`
}

/** The repository that a path names. @throws RegistryError `NAME_UNKNOWN` */
export function getRepository({ context }: Exchange, { alias, name }: RepositoryPath): Repository {
  const { settings, store } = context
  const repository = alias === settings.alias ? store.findRepository(name) : undefined
  if (repository === undefined) throw repositoryUnknown(alias, name)
  return repository
}

/** The answer to a request: a body, or none with `content-length: 0`. */
export function send(
  { response }: Exchange,
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
  body: string | Uint8Array = ''
): void {
  // A 204 has no length at all (RFC 9110, 8.6).
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, { ...length, ...headers })
  response.end(body)
}
