import type { Problem } from '../runner/errors.js'
import { allowFix, explainConnection } from '../http/explain-connection.js'
import { addUsedProxy, allowOnProxyFix, describeProxy, otherSender } from '../http/explain-proxy.js'
import { findCalledEndpoint } from './called-endpoint.js'
import { afterAttempts } from './error-facts.js'
import type { ErrorFacts } from './error-facts.js'

type Env = Readonly<Record<string, string | undefined>>

/** A service that this action calls. */
export interface CalledService {
  readonly name: string
  readonly key: Parameters<typeof findCalledEndpoint>[0]
}

export const ECR_PUBLIC: CalledService = { name: 'Amazon ECR Public', key: 'api' }

export const STS: CalledService = { name: 'AWS STS', key: 'sts' }

const LOST_CODES = [
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNABORTED'
]

/** Explains why a request did not reach the service. Returns `undefined` for other errors. */
export function explainNetwork(
  facts: ErrorFacts,
  env: Env,
  service: CalledService
): Problem | undefined {
  return (
    explainOtherServer(facts, env, service) ??
    explainUnconnected(facts, env, service) ??
    explainLoss(facts, env, service)
  )
}

function explainUnconnected(
  facts: ErrorFacts,
  env: Env,
  service: CalledService
): Problem | undefined {
  const server = facts.peer ?? hostOf(env, service)
  const found = explainConnection(facts, server, endpointFix(env, service))
  if (found === undefined) return undefined
  return { ...found, reason: addUsedProxy(found.reason, proxyOf(env, service)) }
}

/** The error names of the SDK for a response without an error code. STS: `NotFound` for status 404. */
const WITHOUT_CODE = ['NotFound', 'SyntaxError', 'Unknown', 'UnknownError']

/** Explains a response of a captive portal, a firewall or a wrong endpoint. A `ProxyError` explains one of a proxy. */
function explainOtherServer(
  { name, code, message, status, requestId, isServiceError }: ErrorFacts,
  env: Env,
  service: CalledService
): Problem | undefined {
  const hasCode = isServiceError && !WITHOUT_CODE.includes(name)
  const isHttp = code?.startsWith('HPE_') !== true
  if (isHttp && (status === undefined || hasCode || (requestId !== undefined && status >= 300))) {
    return undefined
  }
  const proxy = proxyOf(env, service)
  return {
    what: otherSender(service.name, proxy),
    value: isHttp ? `HTTP status ${String(status)}` : message,
    reason: 'The usual cause is a proxy or firewall that blocks the host, or a wrong endpoint.',
    fix: proxy === undefined ? endpointFix(env, service) : allowOnProxyFix(hostOf(env, service))
  }
}

function explainLoss(facts: ErrorFacts, env: Env, service: CalledService): Problem | undefined {
  const { name, code, message } = facts
  const isLost = (code !== undefined && LOST_CODES.includes(code)) || name === 'TimeoutError'
  if (!isLost) return undefined
  return {
    what: `The connection to ${service.name} was lost${afterAttempts(facts)}`,
    value: code === undefined || message.includes(code) ? message : `${code}: ${message}`,
    reason: addUsedProxy(undefined, proxyOf(env, service)),
    fix: facts.isStalled
      ? 'Run the job again later. Outages are listed at https://health.aws.amazon.com.'
      : 'Run the job again. If it fails often, increase "max-attempts".'
  }
}

function endpointFix(env: Env, { key }: CalledService): string {
  const { setting, url } = findCalledEndpoint(key, env)
  return setting === undefined
    ? allowFix(url.host)
    : `Check that the endpoint of ${setting.name} is running, or unset ${setting.name}.`
}

function hostOf(env: Env, { key }: CalledService): string {
  return findCalledEndpoint(key, env).url.host
}

function proxyOf(env: Env, { key }: CalledService): string | undefined {
  return describeProxy(findCalledEndpoint(key, env).url, env)
}
