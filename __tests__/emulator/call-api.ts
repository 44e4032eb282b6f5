import type { RunningEmulator } from '../helpers/start-emulator.js'

/** A response on the wire. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON, or `undefined` at run time if it is not JSON. */
  readonly json: WireJson
}

/** The members of all responses that tests use. A response has the members of its operation. */
export interface WireJson {
  readonly __type: string
  readonly message: string
  readonly catalogData: Readonly<Record<string, unknown>>
  readonly repository: { readonly createdAt: number }
  readonly repositories: readonly { readonly repositoryName: string }[]
  readonly registries: readonly { readonly aliases: readonly unknown[] }[]
  readonly registryCatalogData: unknown
  readonly imageDetails: readonly unknown[]
  readonly imageTagDetails: readonly {
    readonly imageTag: string
    readonly imageDetail: { readonly imageDigest: string }
  }[]
  readonly nextToken?: string
  readonly layers: readonly { readonly layerAvailability: string }[]
  readonly failures: readonly { readonly failureCode: string }[]
  readonly uploadId: string
  readonly partSize: number
  readonly lastValidByteReceived: number
}

/** Returns an `Authorization` header. The emulator checks its scope only. */
export function authorization(region = 'us-east-1', service = 'ecr-public'): string {
  const credential = `AKIAIOSFODNN7EXAMPLE/20260101/${region}/${service}/aws4_request`
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`
}

/**
 * Calls the API without an SDK. Text and bytes are sent as they are, other inputs as JSON. A header
 * that is `null` is omitted.
 */
export async function callApi(
  emulator: Pick<RunningEmulator, 'url'>,
  operation: string,
  input: unknown = {},
  headers: Readonly<Record<string, string | null>> = {}
): Promise<WireAnswer> {
  const all: Record<string, string | null> = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `SpencerFrontendService.${operation}`,
    'x-amz-date': '20260101T000000Z',
    authorization: authorization(),
    ...headers
  }
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null)
  const isRaw = typeof input === 'string' || input instanceof Uint8Array
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: sent,
    body: isRaw ? input : JSON.stringify(input)
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) as WireJson }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
