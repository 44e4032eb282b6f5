import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LoggedRequest } from './logged-request.js'

/** Maximum number of entries. Older entries are deleted. */
const MAX_ENTRIES = 50_000

/** The requests that the emulator has received, for tests and debugging. */
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

  /** Adds an entry for a request. It is complete when the response has ended. */
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

  /** Adds members to the entry of a request. */
  note(request: IncomingMessage, more: Partial<LoggedRequest>): void {
    const entry = this.byRequest.get(request)
    if (entry !== undefined) Object.assign(entry, more)
  }
}

/** Counts the bytes that the HTTP parser pushes to the stream, without starting to read it. */
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
