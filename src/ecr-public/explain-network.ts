import type { Problem } from '../runner/errors.js'
import { findProxy, proxyAddress } from '../http/proxy.js'
import { afterAttempts } from './error-facts.js'
import type { ErrorFacts } from './error-facts.js'

type Env = Readonly<Record<string, string | undefined>>

/** A service that this action calls. */
export interface CalledService {
  readonly name: string
  /** The default host. */
  readonly host: string
  /** The environment variables that set another endpoint, in order of precedence. */
  readonly endpointVariables: readonly string[]
}

export const ECR_PUBLIC: CalledService = {
  name: 'Amazon ECR Public',
  host: 'api.ecr-public.us-east-1.amazonaws.com',
  endpointVariables: ['AWS_ENDPOINT_URL_ECR_PUBLIC', 'AWS_ENDPOINT_URL']
}

export const STS: CalledService = {
  name: 'AWS STS',
  host: 'sts.us-east-1.amazonaws.com',
  endpointVariables: ['AWS_ENDPOINT_URL_STS', 'AWS_ENDPOINT_URL']
}

const CERTIFICATE_CODES = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
]
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
    explainHost(facts, env, service) ??
    explainTls(facts) ??
    explainOtherServer(facts, env, service) ??
    explainLoss(facts, env, service)
  )
}

/** Explains that the endpoint cannot be resolved or rejects connections. A `ProxyError` explains this for a proxy. */
function explainHost(
  { code, peer, message }: ErrorFacts,
  env: Env,
  service: CalledService
): Problem | undefined {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      what: 'The name of the host cannot be resolved',
      value: peer ?? message,
      reason: 'The name does not exist in DNS, or the DNS server does not respond.',
      fix: endpointFix(env, service)
    }
  }
  if (code === 'ECONNREFUSED') {
    return {
      what: 'The host refused the connection',
      value: peer ?? message,
      fix: endpointFix(env, service)
    }
  }
  return undefined
}

function explainTls({ code, message }: ErrorFacts): Problem | undefined {
  if (code !== undefined && CERTIFICATE_CODES.includes(code)) {
    return {
      what: 'The server certificate is not trusted (unknown issuer)',
      value: `${code}: ${message}`,
      reason: 'The usual cause is a proxy that decrypts TLS connections.',
      fix: 'Set NODE_EXTRA_CA_CERTS to the PEM file of its CA certificate.'
    }
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return {
      what: 'The server certificate is expired or not valid yet',
      value: `${code}: ${message}`,
      fix: 'Check the clock of the runner, then the certificate.'
    }
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      what: 'The server certificate belongs to another host',
      value: message,
      fix: 'Check the endpoint, the proxy and the DNS records.'
    }
  }
  if (code === 'EPROTO') {
    return {
      what: 'The server does not support TLS',
      fix: 'Use http:// in AWS_ENDPOINT_URL for an emulator, and in HTTPS_PROXY for a proxy without TLS.'
    }
  }
  return undefined
}

/** The error names of the SDK for a response without an error code. */
const WITHOUT_CODE = ['SyntaxError', 'Unknown', 'UnknownError']

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
  const by = proxy === undefined ? '' : ` (the request used the proxy ${proxy})`
  return {
    what: `The response did not come from ${service.name}${by}`,
    value: isHttp ? `HTTP status ${String(status)}` : message,
    reason: 'The usual cause is a proxy or firewall that blocks the host, or a wrong endpoint.',
    fix:
      proxy === undefined
        ? endpointFix(env, service)
        : `Allow ${service.host} on the proxy, or add it to NO_PROXY.`
  }
}

function explainLoss(facts: ErrorFacts, env: Env, service: CalledService): Problem | undefined {
  const { name, code, message } = facts
  const isLost = (code !== undefined && LOST_CODES.includes(code)) || name === 'TimeoutError'
  if (!isLost) return undefined
  const proxy = proxyOf(env, service)
  return {
    what: `The connection to ${service.name} was lost${afterAttempts(facts)}`,
    value: code === undefined || message.includes(code) ? message : `${code}: ${message}`,
    ...(proxy === undefined ? {} : { reason: `The request used the proxy ${proxy}.` }),
    fix: facts.isStalled
      ? 'Run the job again later. Outages are listed at https://health.aws.amazon.com.'
      : 'Run the job again. If it fails often, increase "max-attempts".'
  }
}

function endpointFix(env: Env, { endpointVariables, host }: CalledService): string {
  const name = endpointVariables.find((each) => env[each])
  return name === undefined
    ? `Allow the runner to connect to ${host}, or set HTTPS_PROXY to a proxy.`
    : `Check that the endpoint of ${name} is running, or unset the variable.`
}

/** Returns the address and the variable of the proxy for a service, without its user name and password. */
function proxyOf(env: Env, { endpointVariables, host }: CalledService): string | undefined {
  const variable = endpointVariables.find((each) => env[each]) ?? ''
  const url = URL.parse(env[variable] ?? `https://${host}`)
  if (url === null) return undefined
  try {
    const proxy = findProxy(url, env)
    return proxy === undefined ? undefined : `${proxyAddress(proxy)} of ${proxy.variable}`
  } catch {
    return undefined
  }
}
