import type { IncomingMessage } from 'node:http'
import { ApiError } from '../api-error.js'

const SERVICE = 'ecr-public'
const ONLY_REGION = 'us-east-1'
const REQUIRED = ['Credential', 'Signature', 'SignedHeaders'] as const

/**
 * Checks that a request is signed for a service, which is ECR Public by default. Only the form of the signature is checked,
 * because the emulator accepts any key. The messages are copied from mhart/dynalite, which recorded
 * the front end that AWS services of the same generation share.
 *
 * @throws ApiError if the service would reject the signature
 */
export function authenticate(
  request: IncomingMessage,
  operation: string,
  otherRegions: 'refuse' | 'serve',
  service = SERVICE
): void {
  const scope = credentialScope(request)
  if (scope.service !== service) {
    throw new ApiError(
      'InvalidSignatureException',
      `Credential should be scoped to correct service: '${service}'. `
    )
  }
  if (scope.region !== ONLY_REGION && otherRegions === 'refuse') {
    throw new ApiError(
      'UnsupportedCommandException',
      `${operation} command is only supported in ${ONLY_REGION}.`
    )
  }
}

function credentialScope(request: IncomingMessage): { region: string; service: string } {
  const { authorization } = request.headers
  const query = new URLSearchParams((request.url ?? '').split('?')[1])
  const credential =
    authorization === undefined
      ? query.get('X-Amz-Credential')
      : credentialOf(authorization, request)
  if (credential === null) {
    throw new ApiError(
      'MissingAuthenticationTokenException',
      'Request is missing Authentication Token'
    )
  }
  const parts = credential.split('/')
  const [key, date, region, service, term] = parts
  const isWhole = [key, date, region, service].every((part) => part !== undefined && part !== '')
  if (parts.length !== 5 || !isWhole || term !== 'aws4_request') {
    throw incomplete(
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${credential}'`
    )
  }
  return { region: region ?? '', service: service ?? '' }
}

function credentialOf(authorization: string, request: IncomingMessage): string {
  const [scheme, ...rest] = authorization.split(/\s+/)
  if (scheme !== 'AWS4-HMAC-SHA256') {
    throw incomplete(`Unsupported AWS 'algorithm': '${scheme ?? ''}'.`)
  }
  const parameters = new Map(
    rest
      .join('')
      .split(',')
      .map((pair) => [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)])
  )
  const missing = REQUIRED.filter((name) => !parameters.has(name)).map(
    (name) => `Authorization header requires '${name}' parameter. `
  )
  const { 'x-amz-date': amzDate, date } = request.headers
  if (amzDate === undefined && date === undefined) {
    missing.push(
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    )
  }
  // AWS repeats the whole header. The signature is omitted here to keep it out of logs.
  if (missing.length > 0) throw incomplete(`${missing.join('')}Authorization=${scheme}`)
  return parameters.get('Credential') ?? ''
}

function incomplete(message: string): ApiError {
  return new ApiError('IncompleteSignatureException', message)
}
