import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'

/** The path of GitHub's token endpoint in the emulator. */
const PATH = '/_emulator/id-token'

/** The subject of the tokens, unless the request contains `sub`. */
const DEFAULT_SUBJECT = 'repo:octo-org/octo-repo:ref:refs/heads/main'

/**
 * Returns `true` for a request for an OIDC token. `@actions/core` appends `&audience=…` to the URL that GitHub sets,
 * which has a query, so a URL without one is followed by `&`.
 */
export function isIdTokenRequest({ url = '' }: IncomingMessage): boolean {
  return /^[?&]|^$/.test(url.startsWith(PATH) ? url.slice(PATH.length) : 'other')
}

/** Handles a request for an OIDC token as GitHub does. Any request token is accepted. */
export function handleIdToken(
  request: IncomingMessage,
  response: ServerResponse,
  { identityTokens }: EmulatorContext
): void {
  const respond = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify(value)}\n`)
  }
  if (request.method !== 'GET') {
    respond(405, { message: 'Use GET.' })
  } else if (!/^Bearer \S+$/i.test(request.headers.authorization ?? '')) {
    respond(401, { message: 'The request does not contain a bearer token.' })
  } else {
    const query = new URLSearchParams((request.url ?? '').slice(PATH.length + 1))
    const audience = query.get('audience') ?? 'https://github.com/octo-org'
    respond(200, { value: identityTokens.issue(audience, query.get('sub') ?? DEFAULT_SUBJECT) })
  }
}
