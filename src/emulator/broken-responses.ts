import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'

/** Receives the response of a handler. */
interface Outlet {
  chunk(bytes: Buffer): void
  end(): void
}

/**
 * Redirects the response of a handler to an outlet: `writeHead` only records the headers, `write`
 * and `end` call the outlet.
 *
 * @returns the original methods. The first call sends the recorded headers.
 */
function divert(response: ServerResponse, outlet: Outlet): Pick<ServerResponse, 'write' | 'end'> {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- applied to the response below
  const { write, end } = response
  response.writeHead = ((status: number, ...more: (string | OutgoingHttpHeaders)[]) => {
    response.statusCode = status
    for (const [name, value] of Object.entries(
      more.find((value) => typeof value === 'object') ?? {}
    )) {
      if (value !== undefined) response.setHeader(name, value)
    }
    return response
  }) as ServerResponse['writeHead']
  response.flushHeaders = () => undefined
  response.write = ((...args: unknown[]) => {
    forward(outlet, args)
    return true
  }) as ServerResponse['write']
  response.end = ((...args: unknown[]) => {
    forward(outlet, args)
    outlet.end()
    return response
  }) as ServerResponse['end']
  const own = <M extends 'write' | 'end'>(method: ServerResponse[M]): ServerResponse[M] =>
    ((...args: unknown[]) => {
      Reflect.deleteProperty(response, 'writeHead')
      return Reflect.apply(method, response, args) as unknown
    }) as ServerResponse[M]
  return { write: own<'write'>(write), end: own<'end'>(end) }
}

function forward(outlet: Outlet, args: readonly unknown[]): void {
  const [chunk] = args
  if (typeof chunk === 'string') outlet.chunk(Buffer.from(chunk))
  else if (chunk instanceof Uint8Array) outlet.chunk(Buffer.from(chunk))
  const last = args.at(-1)
  if (typeof last === 'function') process.nextTick(last)
}

/** Lets the handler run, but resets the connection instead of sending the response. */
export function dropResponse(request: IncomingMessage, response: ServerResponse): void {
  divert(response, {
    chunk: () => undefined,
    end: () => void request.socket.resetAndDestroy()
  })
}

/**
 * Sends the full content length but only the first half of the body, then closes the connection.
 */
export function truncateResponse(request: IncomingMessage, response: ServerResponse): void {
  let left: number | undefined
  const own = divert(response, {
    chunk: (bytes) => {
      const length = Number(response.getHeader('content-length') ?? bytes.length)
      left ??= Math.floor(length / 2)
      if (!response.headersSent) response.setHeader('content-length', length)
      const part = bytes.subarray(0, left)
      left -= part.length
      if (part.length > 0) own.write(part)
      if (left === 0) request.socket.end()
    },
    end: () => void request.socket.end()
  })
}

/** Sends the first half of the body as a complete response. */
export function malformResponse(response: ServerResponse): void {
  const chunks: Buffer[] = []
  const own = divert(response, {
    chunk: (bytes) => void chunks.push(bytes),
    end: () => {
      const body = Buffer.concat(chunks)
      const half = body.subarray(0, Math.ceil(body.length / 2))
      response.setHeader('content-length', half.length)
      own.end(half)
    }
  })
}

/** Sends an HTML page like a captive portal or proxy, with the status of the original response. */
export function replaceResponse(response: ServerResponse): void {
  const page = '<html><body>Welcome to the network</body></html>\n'
  const own = divert(response, {
    chunk: () => undefined,
    end: () => {
      response.setHeader('content-type', 'text/html')
      response.setHeader('content-length', page.length)
      own.end(page)
    }
  })
}
