import { problem } from '../errors.js'
import { findAuthFile, writeAuthFile } from './auth-file.js'
import type { AuthFile } from './auth-file.js'
import { remove } from './disk.js'

/** What an auth file becomes: `text: null` for none. */
export interface NewAuthFile {
  readonly text: string | null
  readonly mode: number
}

const MAX_ATTEMPTS = 20

/**
 * Changes an auth file from what it is now; where another program changes it meanwhile (docker and podman
 * know nothing of this action's lock), the change is made once more from what it has become.
 *
 * @param change gives the new file, or `undefined` to leave it; called anew for every attempt
 * @throws ActionError where the file changes all the time
 */
export async function swapAuthFile(
  file: string,
  change: (old: AuthFile | undefined) => Promise<NewAuthFile | undefined>
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const old = await findAuthFile(file)
    const next = await change(old)
    if (next === undefined) return
    const now = await findAuthFile(file)
    if (now?.text !== old?.text) continue
    if (next.text === null) await remove(file)
    else await writeAuthFile(file, next.text, next.mode, { owner: old })
    return
  }
  throw problem({
    what: 'Another program changes the auth file all the time',
    value: file,
    wayOut: 'give each job its own with DOCKER_CONFIG'
  })
}
