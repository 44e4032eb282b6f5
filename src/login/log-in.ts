import { findValue, parseAuthDocument, textDigest } from './auth-document.js'
import {
  AUTH_FILE_MODE,
  checkWritable,
  makeDirectoryOf,
  removeDirectories
} from './credential-file.js'
import type { CredentialFile } from './credential-file.js'
import { explainMalformed } from './credential-targets.js'
import type { CredentialTarget } from './credential-targets.js'
import { addCredential, isAsWritten } from './credential-settings.js'
import type { LoginEdit } from './credential-settings.js'
import { withFileLock } from './file-lock.js'
import type { LockDeps } from './file-lock.js'
import {
  findRecord,
  listLogins,
  lockOf,
  removeRecord,
  writeLogins,
  writeRecord
} from './login-records.js'
import type { LoginReference } from './login-records.js'
import { swapCredentialFile } from './swap-credential-file.js'

/** A credential for one registry. */
export interface Credential {
  /** All names of the registry's host. */
  readonly hosts: readonly string[]
  /** base64 of `user:password`. */
  readonly auth: string
  readonly expiresAt: Date
  /** Digest of the AWS access key that it was got with, where it is known. */
  readonly identity?: string | undefined
}

/** What login did to one credential file. */
export interface LoginOutcome {
  /** `keep` where an equally good credential was there already. */
  readonly action: 'create' | 'update' | 'keep'
  /** As in `LoginEdit`. */
  readonly hasConflict: boolean
}

/** Two credentials that expire this close to each other are equally good. */
const EQUAL_EXPIRY_MS = 5 * 60 * 1000

/**
 * Writes a credential into an credential file, and the record with which `logOut` takes it away again.
 *
 * @throws ActionError where the file is malformed or cannot be written; it is then as it was
 */
export async function logIn(
  login: LoginReference,
  target: CredentialTarget,
  credential: Credential,
  deps: LockDeps
): Promise<LoginOutcome> {
  const madeDirectory = await makeDirectoryOf(target.file)
  try {
    return await withFileLock(lockOf(target.file), deps, async () => {
      const others = await listLogins(target.file)
      try {
        return await write(login, target, credential, others, madeDirectory)
      } catch (error) {
        await writeLogins(target.file, others)
        await removeRecord(login)
        throw error
      }
    })
  } catch (error) {
    if (madeDirectory !== undefined) await removeDirectories(target.file, madeDirectory)
    throw error
  }
}

async function write(
  login: LoginReference,
  target: CredentialTarget,
  credential: Credential,
  others: readonly LoginReference[],
  madeDirectory: string | undefined
): Promise<LoginOutcome> {
  let outcome: LoginOutcome = { action: 'keep', hasConflict: false }
  const [first] = others
  const firstRecord = first === undefined ? undefined : await findRecord(first)
  await swapCredentialFile(target.file, async (old) => {
    await checkWritable(target.path, old)
    const change = await planChange(target, old, credential, others)
    outcome = { action: change.action, hasConflict: change.hasConflict }
    await writeRecord(login, {
      before: old?.text ?? null,
      origin: firstRecord === undefined ? (old?.text ?? null) : firstRecord.origin,
      mode: old?.mode ?? AUTH_FILE_MODE,
      afterDigest: textDigest(change.text),
      hosts: change.hosts,
      madeDirectory,
      identity: credential.identity,
      expiresAt: credential.expiresAt.toISOString()
    })
    await writeLogins(target.file, [...others, login])
    return change.action === 'keep' ? undefined : { text: change.text, mode: AUTH_FILE_MODE }
  })
  return outcome
}

interface PlannedChange extends LoginEdit {
  readonly action: LoginOutcome['action']
}

async function planChange(
  target: CredentialTarget,
  old: CredentialFile | undefined,
  credential: Credential,
  others: readonly LoginReference[]
): Promise<PlannedChange> {
  const before = old?.text ?? ''
  const { readers } = target
  const edit = await explainMalformed(target.path, before, () =>
    addCredential(before, readers, credential.hosts, credential.auth)
  )
  const kept = old === undefined ? undefined : await findEqual(old.text, edit, credential, others)
  if (kept !== undefined) return { ...edit, text: before, hosts: kept, action: 'keep' }
  const document = parseAuthDocument(before)
  const auths = document.auths ?? {}
  const isThere = credential.hosts.some((host) => Object.hasOwn(auths as object, host))
  return { ...edit, action: isThere ? 'update' : 'create' }
}

/**
 * What an earlier login of this action wrote, where it is still there and as good as the new credential:
 * got with the same AWS credentials, and with as much time left.
 */
async function findEqual(
  text: string,
  edit: LoginEdit,
  { identity, expiresAt }: Credential,
  others: readonly LoginReference[]
): Promise<LoginEdit['hosts'] | undefined> {
  if (identity === undefined) return undefined
  const document = parseAuthDocument(text)
  const shapeOf = (hosts: LoginEdit['hosts']): string =>
    JSON.stringify(hosts.map(({ host, helper }) => [host, helper ?? null]))
  for (const other of others) {
    const record = await findRecord(other)
    if (record?.identity !== identity) continue
    const isFresh = expiresAt.getTime() - Date.parse(record.expiresAt) <= EQUAL_EXPIRY_MS
    const isWhole = record.hosts.every((host) => isAsWritten(document, host))
    const isSame = shapeOf(record.hosts) === shapeOf(edit.hosts)
    const isFound = edit.hosts.every(
      ({ host, helper }) => findValue(document, 'credHelpers', host) === helper
    )
    if (isFresh && isWhole && isSame && isFound) return record.hosts
  }
  return undefined
}
