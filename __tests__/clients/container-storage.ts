import { join } from 'node:path'
import { getClientOutput } from '../helpers/clients.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Runs podman or buildah on a storage of its own. */
export type Run = (...args: readonly string[]) => Promise<string>

/** Creates an empty storage for a client. */
export async function withStorage(client: 'buildah' | 'podman'): Promise<Run> {
  const directory = await temporaryDirectory()
  const storage = ['--root', join(directory, 'root'), '--runroot', join(directory, 'run')]
  // TMPDIR keeps temporary copies of layers out of /var/tmp.
  const env = { TMPDIR: directory, XDG_RUNTIME_DIR: directory, BUILDAH_ISOLATION: 'chroot' }
  return async (...args) => {
    const output = await getClientOutput(client, [...storage, '--storage-driver', 'vfs', ...args], {
      env
    })
    return output.trim()
  }
}
