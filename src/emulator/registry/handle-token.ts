import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'
import { readBody } from '../read-body.js'
import { RegistryError, unsupported } from './registry-error.js'
import { BEARER_LIFETIME_MS } from './tokens.js'
import type { TokenState } from './tokens.js'

/** Maximum size of the form of a POST request, in bytes. A password has 2,714 characters. */
const MAX_FORM_BYTES = 65_536

/**
 * Handles `/token/`: returns an anonymous token, or a token of the account for the password of GetAuthorizationToken.
 * Like public.ecr.aws, it ignores `service`, `scope` and other parameters. Docker and skopeo send GET with basic
 * authentication; containerd, BuildKit and oras send the OAuth2 form by POST and read `access_token`
 * (https://distribution.github.io/distribution/spec/auth/oauth/).
 */
export async function handleToken(
  request: IncomingMessage,
  response: ServerResponse,
  { tokens, now }: EmulatorContext
): Promise<void> {
  const time = now().getTime()
  const credentials = await findCredentials(request)
  const state: TokenState =
    credentials === undefined
      ? { state: 'valid', holder: 'anonymous' }
      : tokens.readCredentials(credentials, time)
  if (state.state === 'invalid') throw new RegistryError('DENIED', 'Not Authorized')
  const holder = state.state === 'valid' ? state.holder : 'expired-password'
  const token = tokens.issue(holder, time + BEARER_LIFETIME_MS)
  const body = `${JSON.stringify(request.method === 'POST' ? { access_token: token, token } : { token })}\n`
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body)
  })
  response.end(body)
}

/**
 * Returns the credentials of a request as base64 of `USER:PASSWORD`, or `undefined` for an anonymous request. Other
 * authentication schemes and grant types count as wrong credentials.
 */
async function findCredentials(request: IncomingMessage): Promise<string | undefined> {
  const { authorization } = request.headers
  if (authorization !== undefined) return /^basic +(\S+)$/i.exec(authorization.trim())?.[1] ?? ''
  if (request.method !== 'POST') return undefined
  const form = await readBody(request, MAX_FORM_BYTES)
  if (form === undefined) throw unsupported()
  const fields = new URLSearchParams(form.toString())
  const grantType = fields.get('grant_type')
  if (grantType === null) return undefined
  if (grantType !== 'password') return ''
  const [username, password] = [fields.get('username') ?? '', fields.get('password') ?? '']
  return Buffer.from(`${username}:${password}`).toString('base64')
}
