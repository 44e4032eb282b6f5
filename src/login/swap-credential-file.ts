import { problem } from '../runner/errors.js'
import { findCredentialFile, writeCredentialFile } from './credential-file.js'
import type { CredentialFile } from './credential-file.js'
import { remove } from './disk.js'

/** What an credential file becomes: `text: null` for none. */
export interface NewCredentialFile {
  readonly text: string | null
  readonly mode: number
}

const MAX_ATTEMPTS = 20

/**
 * Changes an credential file from what it is now; where another program changes it meanwhile (docker and podman
 * know nothing of this action's lock), the change is made once more from what it has become.
 *
 * @param change gives the new file, or `undefined` to leave it; called anew for every attempt
 * @throws ActionError where the file changes all the time
 */
export async function swapCredentialFile(
  file: string,
  change: (old: CredentialFile | undefined) => Promise<NewCredentialFile | undefined>
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const old = await findCredentialFile(file)
    const next = await change(old)
    if (next === undefined) return
    const now = await findCredentialFile(file)
    if (now?.text !== old?.text) continue
    if (next.text === null) await remove(file)
    else await writeCredentialFile(file, next.text, next.mode, { owner: old })
    return
  }
  throw problem({
    what: 'Another program changes the credential file all the time',
    value: file,
    fix: 'give each job its own with DOCKER_CONFIG'
  })
}
