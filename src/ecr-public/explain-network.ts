import type { Problem } from '../runner/errors.js'
import { findProxy } from '../http/proxy.js'
import { afterAttempts } from './error-facts.js'
import type { ErrorFacts } from './error-facts.js'

type Env = Readonly<Record<string, string | undefined>>

/** The default host of the API. */
const API_HOST = 'api.ecr-public.us-east-1.amazonaws.com'

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

/** Explains why a request did not reach AWS. Returns `undefined` for other errors. */
export function explainNetwork(facts: ErrorFacts, env: Env): Problem | undefined {
  const proxy = proxyOf(env)
  return (
    explainHost(facts, env, proxy) ??
    explainTls(facts) ??
    explainOtherServer(facts, proxy) ??
    explainLoss(facts, proxy)
  )
}

/** Explains that the endpoint or the proxy cannot be resolved or rejects connections. */
function explainHost(
  { code, peer, message }: ErrorFacts,
  env: Env,
  proxy: string | undefined
): Problem | undefined {
  const isProxy = proxy !== undefined && peer !== undefined && proxyNames(proxy).includes(peer)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      what: `The name of the ${isProxy ? 'proxy' : 'host'} cannot be resolved`,
      value: peer ?? message,
      reason: 'The name does not exist in DNS, or the DNS server does not respond.',
      fix: isProxy ? 'Check HTTPS_PROXY and HTTP_PROXY.' : endpointFix(env)
    }
  }
  if (code === 'ECONNREFUSED') {
    return {
      what: isProxy ? 'The proxy refused the connection' : 'The host refused the connection',
      value: peer ?? message,
      fix: isProxy
        ? 'Check HTTPS_PROXY and HTTP_PROXY, or add the host to NO_PROXY.'
        : endpointFix(env)
    }
  }
  if (code === 'ERR_INVALID_URL') {
    return {
      what: 'The API endpoint is not a URL',
      value: env.AWS_ENDPOINT_URL_ECR_PUBLIC || env.AWS_ENDPOINT_URL,
      fix: 'Correct or unset AWS_ENDPOINT_URL_ECR_PUBLIC or AWS_ENDPOINT_URL.'
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

/** Explains a response of a proxy or a captive portal. */
function explainOtherServer(
  { name, status, isServiceError }: ErrorFacts,
  proxy: string | undefined
): Problem | undefined {
  if (isServiceError || status === undefined) return undefined
  const by = proxy === undefined ? '' : ` (the environment sets the proxy ${proxy})`
  if (status === 407) {
    return {
      what: `The proxy requires a user name and password${by}`,
      value: '407 Proxy Authentication Required',
      expected:
        'Use HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT with percent-encoded special characters.',
      fix: 'Store the URL in a secret.'
    }
  }
  if (name === 'SyntaxError' && status < 500) {
    return {
      what: `The response did not come from Amazon ECR Public${by}`,
      value: `HTTP status ${String(status)}`,
      reason: 'The usual cause is a proxy that blocks the host, or a wrong endpoint.',
      fix: `Allow ${API_HOST} on the proxy, or add it to NO_PROXY.`
    }
  }
  return undefined
}

function explainLoss(facts: ErrorFacts, proxy: string | undefined): Problem | undefined {
  const { name, code, message } = facts
  const isLost = (code !== undefined && LOST_CODES.includes(code)) || name === 'TimeoutError'
  if (!isLost) return undefined
  return {
    what: `The connection was lost${afterAttempts(facts)}`,
    value: code === undefined || message.includes(code) ? message : `${code}: ${message}`,
    ...(proxy === undefined ? {} : { reason: `The request used the proxy ${proxy}.` }),
    fix: 'Run the job again. If it fails often, increase "max-attempts".'
  }
}

function endpointFix(env: Env): string {
  const name = ['AWS_ENDPOINT_URL_ECR_PUBLIC', 'AWS_ENDPOINT_URL'].find((each) => env[each])
  return name === undefined
    ? `Allow the runner to connect to ${API_HOST}, or set HTTPS_PROXY to a proxy.`
    : `Check that the endpoint of ${name} is running, or unset the variable.`
}

/** Returns `HOST:PORT` of the proxy for the API, without its user and password. */
function proxyOf(env: Env): string | undefined {
  const endpoint = env.AWS_ENDPOINT_URL_ECR_PUBLIC || env.AWS_ENDPOINT_URL || `https://${API_HOST}`
  const url = URL.parse(endpoint)
  if (url === null) return undefined
  try {
    return findProxy(url, env)?.host
  } catch {
    return undefined
  }
}

/** Returns the forms in which an error contains the proxy. A DNS error contains only the name. */
function proxyNames(proxy: string): string[] {
  const [name = ''] = proxy.split(/:(?=\d+$)/)
  return [
    proxy,
    name,
    proxy.replace(/^localhost:/, '127.0.0.1:'),
    proxy.replace(/^localhost:/, '::1:')
  ]
}
