import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/**
 * Forwards TCP connections to a port of the loopback as a line would: with a round-trip time and a rate. The parent
 * process starts it with `fork` and receives `{ port }`, and `{ sent, received, cpuSeconds }` for each message.
 *
 * Arguments: the port, the round-trip time in milliseconds and the rate in bytes per second (0: unlimited).
 */
const [targetPort = 0, roundTripMs = 0, rate = 0] = process.argv.slice(2).map(Number)

/** The bytes of one connection that may be under way, at least. */
const MIN_WINDOW_BYTES = 1024 * 1024
const windowBytes = Math.max(MIN_WINDOW_BYTES, (2 * rate * roundTripMs) / 1000)

/** One direction of the line, which all connections share. */
class Direction {
  bytes = 0
  private freeAt = 0

  /** Returns when the last byte of a chunk arrives, in milliseconds of `performance.now()`. */
  arrivalOf(chunk: Buffer): number {
    this.bytes += chunk.length
    const start = Math.max(performance.now(), this.freeAt)
    this.freeAt = start + (rate === 0 ? 0 : (chunk.length / rate) * 1000)
    return this.freeAt + roundTripMs / 2
  }
}

const up = new Direction()
const down = new Direction()

/** Sends what one socket receives to the other one, when it arrives. */
function forward(from: Socket, to: Socket, direction: Direction): void {
  const queue: { readonly at: number; readonly chunk: Buffer | undefined }[] = []
  let queued = 0
  let timer: NodeJS.Timeout | undefined
  const deliver = (): void => {
    timer = undefined
    for (let [next] = queue; next !== undefined; [next] = queue) {
      const wait = next.at - performance.now()
      if (wait > 0.5) {
        timer = setTimeout(deliver, wait)
        return
      }
      queue.shift()
      if (next.chunk === undefined) to.end()
      else to.write(next.chunk)
      queued -= next.chunk?.length ?? 0
      if (queued < windowBytes && from.isPaused()) from.resume()
    }
  }
  const add = (at: number, chunk: Buffer | undefined): void => {
    queue.push({ at, chunk })
    queued += chunk?.length ?? 0
    if (queued >= windowBytes) from.pause()
    timer ??= setTimeout(deliver, Math.max(0, at - performance.now()))
  }
  from.on('data', (chunk: Buffer) => add(direction.arrivalOf(chunk), chunk))
  from.on('end', () => add(performance.now() + roundTripMs / 2, undefined))
  from.on('error', () => to.destroy())
  from.on('close', (hadError) => hadError && to.destroy())
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
  client.pause()
  const upstream = connect({
    port: targetPort,
    host: '127.0.0.1',
    noDelay: true,
    allowHalfOpen: true
  })
  forward(upstream, client, down)
  // The handshake of a new connection takes one round trip.
  setTimeout(() => {
    forward(client, upstream, up)
    client.resume()
  }, roundTripMs)
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ sent: up.bytes, received: down.bytes, cpuSeconds: (user + system) / 1e6 })
})
process.on('disconnect', () => process.exit())
