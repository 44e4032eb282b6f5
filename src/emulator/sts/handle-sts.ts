import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { authenticate } from '../api/authenticate.js'
import { ApiError } from '../api-error.js'
import type { EmulatorContext } from '../context.js'
import type { Refusal } from '../faults.js'
import { readBody } from '../read-body.js'
import { withFault } from '../with-fault.js'
import { assumeRole } from './assume-role.js'
import type { StsResult } from './assume-role.js'
import { findSession } from './sessions.js'
import { StsError } from './sts-error.js'

/** The operations of STS, for fault rules. */
export const STS_OPERATIONS = ['AssumeRoleWithWebIdentity', 'GetCallerIdentity'] as const

const MAX_BODY_BYTES = 1024 * 1024
const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

/** Returns `true` for a call of the query protocol, which STS uses and ECR Public does not. */
export function isStsCall({ method, headers }: IncomingMessage): boolean {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  return method === 'POST' && type === 'application/x-www-form-urlencoded'
}

/**
 * Handles a call of STS (query protocol of AWS, https://docs.aws.amazon.com/STS/latest/APIReference/Welcome.html). The
 * errors of AssumeRoleWithWebIdentity are those that users of AWS quote in public issues.
 */
export async function handleSts(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> {
  const body = await readBody(request, MAX_BODY_BYTES)
  const parameters = new URLSearchParams(body?.toString() ?? '')
  const operation = STS_OPERATIONS.find((name) => name === parameters.get('Action'))
  if (operation === undefined) {
    const action = parameters.get('Action') ?? ''
    const error = new StsError('InvalidAction', `Could not find operation ${action}`)
    sendError(context, request, response, error)
    return
  }
  context.log.note(request, { operation })
  const refuse = (refusal: Refusal): void =>
    sendError(context, request, response, refusalError(refusal, operation))
  await withFault(context, { operation, request, response, refuse }, () => {
    try {
      const result =
        operation === 'AssumeRoleWithWebIdentity'
          ? assumeRole(parameters, context)
          : getCallerIdentity(request, context)
      sendXml(response, 200, responseXml(operation, result))
    } catch (error) {
      if (!(error instanceof StsError)) throw error
      sendError(context, request, response, error)
    }
  })
}

/** Returns the identity of the caller, who needs no permission for it. */
function getCallerIdentity(request: IncomingMessage, context: EmulatorContext): StsResult {
  try {
    authenticate(request, 'GetCallerIdentity', 'serve', 'sts')
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw new StsError(error.type.replace(/Exception$/, ''), error.message, 403)
  }
  const { account } = context.settings
  const session = findSession(request, context)
  if (session === undefined) {
    return {
      Arn: `arn:aws:iam::${account}:user/emulator`,
      UserId: 'AIDAEMULATOREXAMPLE00',
      Account: account
    }
  }
  if (session.expiresAt <= context.now().getTime()) throw refusalError('expired-token')
  return {
    Arn: `arn:aws:sts::${account}:assumed-role/${session.role}/${session.name}`,
    UserId: `AROAEMULATOREXAMPLE00:${session.name}`,
    Account: account
  }
}

function refusalError(refusal: Refusal, operation = ''): StsError {
  switch (refusal) {
    case 'throttle':
      return new StsError('Throttling', 'Rate exceeded')
    case 'server-error':
      return new StsError('InternalFailure', 'We encountered an internal error.', 500)
    case 'access-denied':
      return new StsError('AccessDenied', `Not authorized to perform sts:${operation}`)
    case 'expired-token':
      return new StsError(
        'ExpiredToken',
        'The security token included in the request is expired',
        403
      )
    case 'clock-skew':
    case 'invalid-signature':
      return new StsError(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
        403
      )
  }
}

function responseXml(operation: string, result: StsResult): string {
  const requestId = membersXml({ ResponseMetadata: { RequestId: randomUUID() } })
  return `<${operation}Response xmlns="${NAMESPACE}">${membersXml({ [`${operation}Result`]: result })}${requestId}</${operation}Response>\n`
}

function membersXml(members: StsResult): string {
  return Object.entries(members)
    .map(([name, value]) => {
      const content = typeof value === 'string' ? escapeXml(value) : membersXml(value)
      return `<${name}>${content}</${name}>`
    })
    .join('')
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function sendError(
  context: EmulatorContext,
  request: IncomingMessage,
  response: ServerResponse,
  { code, message, status }: StsError
): void {
  context.log.note(request, { error: code })
  const Type = status >= 500 ? 'Receiver' : 'Sender'
  const error = membersXml({ Error: { Type, Code: code, Message: message } })
  const requestId = membersXml({ RequestId: randomUUID() })
  const xml = `<ErrorResponse xmlns="${NAMESPACE}">${error}${requestId}</ErrorResponse>\n`
  sendXml(response, status, xml)
}

function sendXml(response: ServerResponse, status: number, xml: string): void {
  response.writeHead(status, { 'x-amzn-requestid': randomUUID(), 'content-type': 'text/xml' })
  response.end(xml)
}
