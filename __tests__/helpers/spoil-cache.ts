import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What another program did to the directory of input `manifest-cache`. */
export type CacheFault = 'kept' | 'exchanged' | 'cut' | 'blocked'

/**
 * Spoils the entries of all manifests: each has the bytes of another manifest, only a part of its own, or is not a file.
 *
 * @param texts the manifests by digest
 */
export async function spoilCache(
  directory: string,
  fault: CacheFault,
  texts: ReadonlyMap<string, { readonly text: string }>
): Promise<void> {
  if (fault === 'kept') return
  const entries = join(directory, 'sha256')
  await rm(entries, { recursive: true, force: true })
  await mkdir(entries, { recursive: true })
  const all = [...texts].filter(([, { text }]) => text !== '')
  for (const [at, [digest, { text }]] of all.entries()) {
    const path = join(entries, digest.slice('sha256:'.length))
    const [, other] = all[(at + 1) % all.length]!
    if (fault === 'exchanged') await writeFile(path, other.text)
    else if (fault === 'cut') await writeFile(path, text.slice(0, text.length / 2))
    else if (at % 2 === 0) await symlink('/dev/zero', path)
    else await mkdir(path)
  }
}
