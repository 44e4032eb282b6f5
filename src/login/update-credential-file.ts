import { problem } from '../runner/errors.js'
import { findCredentialFile, writeCredentialFile } from './credential-file.js'
import type { CredentialFile } from './credential-file.js'
import { removeFile } from './remove-file.js'

/** The new content of a credential file. `text: null` deletes the file. */
export interface NewCredentialFile {
  readonly text: string | null
  /** The permission bits. */
  readonly mode: number
}

const MAX_ATTEMPTS = 20

/**
 * Reads a credential file, computes its new content and writes it. If another program changes the file between reading
 * and writing, `change` is called again with the new content: docker and podman ignore the lock of this action.
 *
 * @param change returns the new content, or `undefined` to keep the file
 * @throws ActionError if the file changes during each of 20 attempts
 */
export async function updateCredentialFile(
  file: string,
  change: (old: CredentialFile | undefined) => Promise<NewCredentialFile | undefined>
): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const old = await findCredentialFile(file)
    const next = await change(old)
    if (next === undefined) return
    const current = await findCredentialFile(file)
    if (current?.text !== old?.text) continue
    if (next.text === null) await removeFile(file)
    else await writeCredentialFile(file, next.text, next.mode, old)
    return
  }
  throw problem({
    what: 'Another program keeps changing the credential file',
    value: file,
    fix: 'Set DOCKER_CONFIG to a separate directory for each job.'
  })
}
