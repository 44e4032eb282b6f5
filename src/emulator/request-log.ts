import type { IncomingMessage, ServerResponse } from 'node:http'

/** The most requests that are remembered; older ones are dropped. */
const MAX_ENTRIES = 50_000

/** One request and what became of it. */
export interface LoggedRequest {
  /** ISO 8601. */
  readonly time: string
  /** The API operation, `PutImage`; absent for anything else. */
  operation?: string
  /** What the registry side calls it, `GetManifest`. */
  route?: string
  readonly method: string
  readonly path: string
  /** 0 where the connection ended without an answer. */
  status: number
  /** Bytes of the request body. */
  requestBytes: number
  /** Bytes of the response body. */
  responseBytes: number
  /** The error that was answered, `RepositoryNotFoundException`. */
  error?: string
  /** The fault that was applied. */
  fault?: string
  /** The input of an API operation, where it is small; blobs are left out. */
  input?: unknown
}

/** The requests so far, for tests and for people who look for what a client did. */
export class RequestLog {
  private readonly now: () => Date
  private entryList: LoggedRequest[] = []
  private readonly byRequest = new WeakMap<IncomingMessage, LoggedRequest>()

  constructor(now: () => Date) {
    this.now = now
  }

  get entries(): readonly LoggedRequest[] {
    return this.entryList
  }

  clear(): void {
    this.entryList = []
  }

  /** Begins the entry of a request; it is complete when the response has ended. */
  begin(request: IncomingMessage, response: ServerResponse): LoggedRequest {
    const entry: LoggedRequest = {
      time: this.now().toISOString(),
      method: request.method ?? '',
      path: request.url ?? '',
      status: 0,
      requestBytes: 0,
      responseBytes: 0
    }
    this.byRequest.set(request, entry)
    if (this.entryList.length >= 2 * MAX_ENTRIES) this.entryList = this.entryList.slice(MAX_ENTRIES)
    this.entryList.push(entry)
    countRequestBytes(request, entry)
    countResponseBytes(response, entry)
    return entry
  }

  /** Adds to the entry of a request. */
  note(request: IncomingMessage, more: Partial<LoggedRequest>): void {
    const entry = this.byRequest.get(request)
    if (entry !== undefined) Object.assign(entry, more)
  }
}

/** Counts what the parser hands to the stream, whoever reads it, and without setting it flowing. */
function countRequestBytes(request: IncomingMessage, entry: LoggedRequest): void {
  const push = request.push.bind(request)
  request.push = (chunk: Buffer | null, encoding) => {
    if (chunk !== null) entry.requestBytes += chunk.length
    return push(chunk, encoding)
  }
}

function countResponseBytes(response: ServerResponse, entry: LoggedRequest): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- applied to the response below
  const { write, end } = response
  const count = (chunk: unknown): void => {
    if (typeof chunk === 'string') entry.responseBytes += Buffer.byteLength(chunk)
    else if (chunk instanceof Uint8Array) entry.responseBytes += chunk.length
  }
  response.write = ((...args: Parameters<typeof write>) => {
    count(args[0])
    if (response.headersSent || !response.destroyed) entry.status = response.statusCode
    return Reflect.apply(write, response, args)
  }) as typeof write
  response.end = ((...args: Parameters<typeof end>) => {
    count(args[0])
    if (!response.destroyed) entry.status = response.statusCode
    return Reflect.apply(end, response, args)
  }) as typeof end
}
