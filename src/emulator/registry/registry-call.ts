import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'
import type { Repository } from '../store/store.js'
import { repositoryUnknown } from './registry-error.js'
import type { RepositoryPath } from './route.js'
import type { Holder } from './tokens.js'

/** A request to the registry with its context. */
export interface RegistryCall {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly context: EmulatorContext
  readonly path: string
  readonly query: URLSearchParams
  /** The scheme and host of the request, for absolute URLs in the response. */
  readonly origin: string
  /** The owner of the request's token. */
  readonly holder: Holder
}

/**
 * Returns the scheme and host that the client used. A TLS proxy in front of the emulator sets
 * `x-forwarded-proto`.
 */
export function originOf(request: IncomingMessage): string {
  const encrypted =
    'encrypted' in request.socket || request.headers['x-forwarded-proto'] === 'https'
  return `${encrypted ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}`
}

/**
 * Returns the repository of a path.
 *
 * @throws RegistryError `NAME_UNKNOWN`
 */
export function getRepository(
  { context }: RegistryCall,
  { alias, name }: RepositoryPath
): Repository {
  const { settings, store } = context
  const repository = alias === settings.alias ? store.findRepository(name) : undefined
  if (repository === undefined) throw repositoryUnknown(alias, name)
  return repository
}

/** Sends a response. Without a body, its `content-length` is 0. */
export function send(
  { response }: RegistryCall,
  status: number,
  headers: Readonly<Record<string, string | number>> = {},
  body: string | Uint8Array = ''
): void {
  // RFC 9110, section 8.6: a 204 response must not have a content length.
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) }
  response.writeHead(status, { ...length, ...headers })
  response.end(body)
}
