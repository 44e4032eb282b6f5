import type { Problem } from '../runner/errors.js'
import { findProxy } from '../http/proxy.js'
import type { ErrorFacts } from './error-facts.js'

type Env = Readonly<Record<string, string | undefined>>

/** The API's host, where no endpoint is set. */
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

/** What kept a request from being answered by AWS, or `undefined`. */
export function explainNetwork(facts: ErrorFacts, env: Env): Problem | undefined {
  const proxy = proxyOf(env)
  return (
    explainHost(facts, env, proxy) ??
    explainTls(facts) ??
    explainStranger(facts, proxy) ??
    explainLoss(facts, proxy)
  )
}

/** A host that has no address or takes no connection: the endpoint, or the proxy. */
function explainHost(
  { code, peer, message }: ErrorFacts,
  env: Env,
  proxy: string | undefined
): Problem | undefined {
  const isProxy = proxy !== undefined && peer !== undefined && proxyNames(proxy).includes(peer)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      what: isProxy ? 'The proxy has no address' : 'The host has no address',
      value: peer ?? message,
      expected: 'DNS knows no such host, or does not answer',
      fix: isProxy ? 'check HTTPS_PROXY and HTTP_PROXY' : endpointAdvice(env)
    }
  }
  if (code === 'ECONNREFUSED') {
    return {
      what: isProxy ? 'The proxy refused the connection' : 'The host refused the connection',
      value: peer ?? message,
      fix: isProxy
        ? 'check HTTPS_PROXY and HTTP_PROXY, or list the host in NO_PROXY'
        : endpointAdvice(env)
    }
  }
  if (code === 'ERR_INVALID_URL') {
    return {
      what: 'The endpoint of the API is no URL',
      value: env.AWS_ENDPOINT_URL_ECR_PUBLIC || env.AWS_ENDPOINT_URL,
      fix: 'correct AWS_ENDPOINT_URL_ECR_PUBLIC or AWS_ENDPOINT_URL, or unset it'
    }
  }
  return undefined
}

function explainTls({ code, message }: ErrorFacts): Problem | undefined {
  if (code !== undefined && CERTIFICATE_CODES.includes(code)) {
    return {
      what: 'The certificate of the server is signed by nobody that this machine trusts',
      value: `${code}: ${message}`,
      expected: 'usually a proxy that opens TLS connections',
      fix: 'name its CA certificate (a PEM file) in NODE_EXTRA_CA_CERTS'
    }
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return {
      what: "The certificate of the server is not valid by this machine's clock",
      value: `${code}: ${message}`,
      fix: 'check the clock of the runner, then the certificate'
    }
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      what: 'The certificate of the server is for another host',
      value: message,
      fix: 'check the endpoint, the proxy and what DNS answers'
    }
  }
  if (code === 'EPROTO') {
    return {
      what: 'The server does not speak TLS',
      expected: 'https needs a server that does',
      fix: 'use http:// in AWS_ENDPOINT_URL for an emulator, and in HTTPS_PROXY for a plain proxy'
    }
  }
  return undefined
}

/** An answer that is not the API's: a proxy, or a captive portal, stands in between. */
function explainStranger(
  { name, status, isAnswer }: ErrorFacts,
  proxy: string | undefined
): Problem | undefined {
  if (isAnswer || status === undefined) return undefined
  const by = proxy === undefined ? '' : ` (the environment names the proxy ${proxy})`
  if (status === 407) {
    return {
      what: `The proxy wants a user and password${by}`,
      value: '407 Proxy Authentication Required',
      expected: 'HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT',
      fix: 'keep the URL in a secret; special characters in it are percent-encoded'
    }
  }
  if (name === 'SyntaxError' && status < 500) {
    return {
      what: `Something else than ECR Public answered${by}`,
      value: `HTTP status ${String(status)}`,
      expected: 'JSON of the API; usually it is a proxy that refuses the host, or a wrong endpoint',
      fix: `allow ${API_HOST} on the proxy, or list it in NO_PROXY`
    }
  }
  return undefined
}

function explainLoss(
  { name, code, message, attempts }: ErrorFacts,
  proxy: string | undefined
): Problem | undefined {
  const isLost = (code !== undefined && LOST_CODES.includes(code)) || name === 'TimeoutError'
  if (!isLost) return undefined
  const tries = attempts === undefined || attempts < 2 ? '' : `, ${String(attempts)} times`
  return {
    what: `The connection was lost${tries}`,
    value: code === undefined || message.includes(code) ? message : `${code}: ${message}`,
    ...(proxy === undefined ? {} : { expected: `through the proxy ${proxy}` }),
    fix: 'run the job again; raise max-attempts where it happens often'
  }
}

function endpointAdvice(env: Env): string {
  const name = ['AWS_ENDPOINT_URL_ECR_PUBLIC', 'AWS_ENDPOINT_URL'].find((each) => env[each])
  return name === undefined
    ? `the runner must reach ${API_HOST}, or a proxy that HTTPS_PROXY names`
    : `check that the endpoint of ${name} runs, or unset the variable`
}

/** `HOST:PORT` of the proxy for the API, without its user and password. */
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

/** How an error may name the proxy: a connection is refused by address and port, a name is looked up alone. */
function proxyNames(proxy: string): string[] {
  const [name = ''] = proxy.split(/:(?=\d+$)/)
  return [
    proxy,
    name,
    proxy.replace(/^localhost:/, '127.0.0.1:'),
    proxy.replace(/^localhost:/, '::1:')
  ]
}
