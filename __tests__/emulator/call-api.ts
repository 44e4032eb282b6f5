import type { RunningEmulator } from '../helpers/start-emulator.js'

/** What came back over the wire. */
export interface WireAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The text as JSON; `undefined` where it is none. */
  readonly json: any
}

/** A header as signing makes it; the emulator verifies the scope only. */
export function authorization(region = 'us-east-1', service = 'ecr-public'): string {
  const credential = `AKIAIOSFODNN7EXAMPLE/20260101/${region}/${service}/aws4_request`
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`
}

/**
 * Calls the API as a client does, with nothing of a client between: what is given as text or bytes is
 * the body, anything else becomes JSON. A header that is `null` is left out.
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
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
