import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { generate } from 'selfsigned'
import { recordHost } from './record-host.js'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** Listens on the loopback. `afterEach` closes the server and its connections. */
async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** Connects two sockets until one of them ends. */
function connectSockets(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one)
  one.on('error', () => other.destroy())
  other.on('error', () => one.destroy())
}

/** A TLS server that forwards connections to a server without TLS. */
export interface TlsFront {
  /** `https://localhost:PORT`. */
  readonly url: string
  /** Its self-signed certificate, as a PEM file. */
  readonly certificateFile: string
}

/** Starts a TLS server that forwards connections to a server on the loopback. */
export async function startTlsFront(target: URL): Promise<TlsFront> {
  const names = [{ name: 'commonName', value: 'localhost' }]
  const altNames = [{ type: 2 as const, value: 'localhost' }]
  const { cert, private: key } = await generate(names, {
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames }
    ]
  })
  const server = createTlsServer({ cert, key }, (socket) =>
    connectSockets(socket, connect(Number(target.port), target.hostname))
  )
  const port = await listen(server)
  recordHost(`localhost:${String(port)}`)
  const directory = await mkdtemp(join(tmpdir(), 'tls-front-'))
  closers.push(() => rm(directory, { recursive: true, force: true }))
  const certificateFile = join(directory, 'certificate.pem')
  await writeFile(certificateFile, cert)
  return { url: `https://localhost:${String(port)}`, certificateFile }
}

/** A proxy that forwards connections and records their targets. */
export interface ConnectProxy {
  readonly url: string
  readonly seen: readonly string[]
  /** Resolves when all client connections are closed. */
  hungUp(): Promise<unknown>
}

/** Starts a proxy for `CONNECT`. A silent proxy accepts requests and never responds. */
export async function startConnectProxy(isSilent = false): Promise<ConnectProxy> {
  const seen: string[] = []
  const closed: Promise<unknown>[] = []
  const server = createServer().on('connect', (request, socket: Socket) => {
    const authority = request.url ?? ''
    seen.push(authority)
    closed.push(once(socket.resume(), 'close'))
    // The sockets of an HTTP server allow half-open connections.
    socket.on('end', () => socket.end())
    if (isSilent) return
    const target = new URL(`http://${authority}`)
    const far = connect(Number(target.port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      connectSockets(socket, far)
    })
  })
  return {
    url: `http://127.0.0.1:${String(await listen(server))}`,
    seen,
    hungUp: () => Promise.all(closed)
  }
}
