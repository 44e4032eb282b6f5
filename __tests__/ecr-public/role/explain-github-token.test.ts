import { TimeoutError } from '../../../src/http/timeout-error.js'
import { explainGitHubToken } from '../../../src/ecr-public/role/explain-github-token.js'
import { TokenResponseError } from '../../../src/ecr-public/role/token-response-error.js'

const PROXY = { HTTPS_PROXY: 'http://me:pa55word@proxy.example:3128' }

function messageOf(error: unknown, env: Readonly<Record<string, string>> = PROXY): string {
  const url = new URL('https://oidc.example/token')
  const { message } = explainGitHubToken(error, { url, env, attempts: 2 })
  expect(message).not.toContain('pa55word')
  return message
}

test.each([
  ['302', new TokenResponseError(302, false, 'https://portal.example/x')],
  ['200 with HTML', new TokenResponseError(200, false)],
  ['404 with HTML', new TokenResponseError(404, false)],
  ['503 with HTML', new TokenResponseError(503, false)]
])('%s through a proxy names the endpoint and the proxy', (_name, error) => {
  const message = messageOf(error)
  expect(message).toContain(
    "The response did not come from GitHub's OIDC token endpoint (the request used the proxy proxy.example:3128 of HTTPS_PROXY)"
  )
  expect(message).toContain(`HTTP status ${String(error.status)}`)
  expect(message).toContain('Allow oidc.example on the proxy, or add it to NO_PROXY.')
})

test.each([401, 403])('%i names GitHub, and the proxy if the body is not of GitHub', (status) => {
  const ofGitHub = messageOf(new TokenResponseError(status, true))
  expect(ofGitHub).toContain('GitHub refused to issue an OIDC token')
  expect(ofGitHub).not.toContain('proxy')
  expect(messageOf(new TokenResponseError(status, false))).toContain(
    'Or the proxy proxy.example:3128 of HTTPS_PROXY refused the request to oidc.example.'
  )
})

test('a time-out names the endpoint, the limit, the attempts and the proxy', () => {
  const error = new TimeoutError('idle', 20_000)
  expect(messageOf(error)).toBe(
    'GitHub\'s OIDC token endpoint did not respond after 2 attempts: "oidc.example". The request failed: The server did not send data for 20 s. The request used the proxy proxy.example:3128 of HTTPS_PROXY. Check the connection and the proxy of the runner, and run the job again.'
  )
  expect(messageOf(error, {})).not.toContain('The request used')
})

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'not trusted', 'Set NODE_EXTRA_CA_CERTS'],
  ['CERT_HAS_EXPIRED', 'expired', 'Check the clock'],
  ['ECONNREFUSED', 'refused the connection', 'Allow the runner to connect to oidc.example'],
  ['ENOTFOUND', 'cannot be resolved', 'Allow the runner to connect to oidc.example']
])('%s has its own advice', (code, reason, fix) => {
  const message = messageOf(Object.assign(new Error('x'), { code }), {})
  expect(message).toMatch(/^GitHub's OIDC token endpoint did not respond .*"oidc\.example"/)
  expect(message).toContain(reason)
  expect(message).toContain(fix)
})
