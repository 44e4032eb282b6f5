import { randomUUID } from 'node:crypto'
import { closeSync, openSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Server } from 'node:net'
import { join } from 'node:path'

/** A Unix socket in a data directory. When the process ends for any reason, the kernel stops accepting connections. */
export interface LockSocket {
  /** The name of its file in the directory. */
  readonly name: string
  close(): void
}

/**
 * Listens on a new socket in the directory. Processes of all containers on the machine can connect to it.
 *
 * @returns `undefined` on a system other than Linux, or on a file system that does not support sockets
 */
export async function openLockSocket(directory: string): Promise<LockSocket | undefined> {
  if (process.platform !== 'linux') return undefined
  const name = `socket-${randomUUID()}`
  const server = createServer((connection) => connection.destroy())
  const close = (): void => {
    rmSync(join(directory, name), { force: true })
    server.close()
  }
  const isOpen = await atAddress(directory, name, (path) => listen(server, path))
  // Some file systems accept a socket to which no process can connect.
  if (isOpen && (await hasListener(directory, name))) return { name, close }
  close()
  return undefined
}

/** Returns `false` if no process listens on the socket. */
export function hasListener(directory: string, name: string): Promise<boolean> {
  return atAddress(
    directory,
    name,
    (path) =>
      new Promise((resolve) => {
        const connection = connect(path)
        connection.once('connect', () => {
          connection.destroy()
          resolve(true)
        })
        // Any other error, such as a missing permission, does not show that the process has ended.
        connection.once('error', ({ code }: NodeJS.ErrnoException) =>
          resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT')
        )
      })
  )
}

function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    // `exclusive`: a worker of a cluster listens itself.
    server.listen({ path, exclusive: true }, () => resolve(true))
    server.unref()
  })
}

/**
 * Calls `use` with a short path of a file. The path of a socket can have at most 107 bytes (unix(7)), which the path of
 * the directory can exceed.
 */
async function atAddress<T>(
  directory: string,
  name: string,
  use: (path: string) => Promise<T>
): Promise<T> {
  const descriptor = openSync(directory, 'r')
  try {
    return await use(`/proc/self/fd/${String(descriptor)}/${name}`)
  } finally {
    closeSync(descriptor)
  }
}
