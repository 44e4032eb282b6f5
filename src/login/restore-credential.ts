import { access } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { meansTheSame, parseCredentialDocument, textDigest } from './credential-document.js'
import { isAsWritten, removeCredential, withoutExpired } from './credential-edits.js'
import type { WrittenHost } from './credential-edits.js'
import { CREDENTIAL_FILE_MODE, findCredentialFile, removeDirectories } from './credential-file.js'
import type { StoreDeps, StoredCredential } from './credential-store.js'
import { explainMalformed } from './explain-malformed.js'
import { withFileLock } from './file-lock.js'
import type { LockDeps } from './file-lock.js'
import {
  findRecord,
  listLogins,
  lockPathOf,
  removeRecord,
  writeKeptLogin,
  writeLogins,
  writeRecord
} from './login-records.js'
import type { LoginRecord, LoginReference } from './login-records.js'
import type { Deps } from '../runner/deps.js'
import { ActionError, messageOf } from '../runner/errors.js'
import { removeFile } from './remove-file.js'
import { listTemporaryFiles } from './replace-file.js'
import { updateCredentialFile } from './update-credential-file.js'

/** The dependencies for undoing a login. */
export type RestoreDeps = LockDeps &
  StoreDeps &
  Pick<Deps, 'now'> & { readonly log: Pick<Deps['log'], 'debug'> }

/**
 * The outcome of undoing a login: the old content is restored, the file is kept because its entry was changed or is
 * still used, or the login or the file does not exist anymore.
 */
export type RestoreOutcome = 'restored' | 'kept' | 'not-found'

/**
 * Undoes a login: restores the content that the credential file had before. Keeps entries that were changed after the
 * login, and entries that another login of this action still uses. The other login then restores the old content. An
 * old entry whose token has expired is not restored.
 *
 * @throws ActionError if the file is malformed or cannot be written, or contains the credential of a login whose record is
 *   missing; the file is not changed
 */
export async function restoreCredential(
  login: LoginReference,
  deps: RestoreDeps
): Promise<RestoreOutcome> {
  if ((await findRecord(login)) === undefined && !(await hasLeftovers(login))) {
    return outcomeWithoutRecord(login)
  }
  const result = await withFileLock(lockPathOf(login.file), deps, async () => {
    // Only a process that holds the lock has temporary files.
    for (const path of await listTemporaryFiles(login.file)) await removeFile(path)
    return restoreLocked(login, deps)
  })
  if (result === undefined) return outcomeWithoutRecord(login)
  const { outcome, isLast, madeDirectory, stored } = result
  if (stored.length > 0) await restoreStores(login, stored, deps)
  if (
    isLast &&
    madeDirectory !== undefined &&
    (await findCredentialFile(login.file)) === undefined
  ) {
    await removeDirectories(login.file, madeDirectory)
  }
  return outcome
}

/**
 * Undoes a login as `restoreCredential` does. A failure is a warning: it must not hide the error of a login, and must not prevent other files from being restored.
 */
export async function restoreOrWarn(
  login: LoginReference,
  deps: RestoreDeps & { readonly log: Pick<Deps['log'], 'warning'> }
): Promise<RestoreOutcome | undefined> {
  try {
    return await restoreCredential(login, deps)
  } catch (error) {
    deps.log.warning(`The credential file ${login.file} was not restored. ${messageOf(error)}`)
    return undefined
  }
}

/** @throws ActionError if the file still contains the credential of a login without a record */
async function outcomeWithoutRecord(login: LoginReference): Promise<RestoreOutcome> {
  const { file, entries } = login
  if (entries === undefined) return 'not-found'
  const { hosts, authDigest } = entries
  const text = (await findCredentialFile(file))?.text ?? ''
  const document = await explainMalformed(file, text, () => parseCredentialDocument(text))
  if (hosts.some((host) => isAsWritten(document, { host, authDigest }))) {
    throw missingRecord(login, hosts)
  }
  return 'not-found'
}

function missingRecord({ file, record }: LoginReference, hosts: readonly string[]): ActionError {
  const logout =
    basename(file) === 'config.json'
      ? `docker --config ${dirname(file)} logout`
      : `podman logout --authfile ${file}`
  const commands = hosts.map((host) => `"${logout} ${host}"`).join(' and ')
  return new ActionError(
    `The record of the login does not exist anymore (${record}), and the credential of ${hosts.join(' and ')} is still in the file. Do not delete files in RUNNER_TEMP during the job. To remove the credential, run ${commands} when no other job uses it.`
  )
}

/** Returns `true` if a process was killed before it wrote the record, and left its lock or a temporary file. */
async function hasLeftovers({ file }: LoginReference): Promise<boolean> {
  const isLocked = await access(lockPathOf(file)).then(
    () => true,
    () => false
  )
  return isLocked || (await listTemporaryFiles(file)).length > 0
}

/** Deletes the record of a login, so that the login is never undone. A later login of the job can still find it. */
export async function forgetLogin(login: LoginReference, deps: LockDeps): Promise<void> {
  await withFileLock(lockPathOf(login.file), deps, async () => {
    const logins = await listLogins(login.file)
    await writeLogins(
      login.file,
      logins.filter(({ id }) => id !== login.id)
    )
    const record = await findRecord(login)
    // Without an identity, no other login is known to be equivalent.
    if (record?.identity !== undefined) await writeKeptLogin(login, record)
    await removeRecord(login)
  })
}

interface LockedResult {
  readonly outcome: RestoreOutcome
  /** `true` if no other login uses the file. */
  readonly isLast: boolean
  readonly madeDirectory: string | undefined
  /** The entries of credential stores that login wrote. The record still exists if there are any. */
  readonly stored: readonly StoredCredential[]
}

/** Reads the record again, because another job can change it until the lock is acquired. */
async function restoreLocked(
  login: LoginReference,
  deps: RestoreDeps
): Promise<LockedResult | undefined> {
  const record = await findRecord(login)
  if (record === undefined) return undefined
  const logins = await listLogins(login.file)
  const index = logins.findIndex(({ id }) => id === login.id)
  const others = logins.filter(({ id }) => id !== login.id)
  const outcome = await restoreText(login, record, others, deps.now())
  const { stored = [], madeDirectory } = record
  if (stored.length > 0) await updateStored(stored, others)
  for (const [laterIndex, later] of logins.entries()) {
    if (index === -1 || laterIndex <= index) continue
    const earlier = logins.slice(0, laterIndex).filter(({ id }) => id !== login.id)
    await removeFromRecord(record, later, await listUsedHosts(earlier))
  }
  await transferDirectory(record, others)
  await writeLogins(login.file, others)
  if (stored.length === 0) await removeRecord(login)
  return { outcome, isLast: others.length === 0, madeDirectory, stored }
}

async function restoreText(
  login: LoginReference,
  record: LoginRecord,
  others: readonly LoginReference[],
  now: Date
): Promise<RestoreOutcome> {
  const usedHosts = await listUsedHosts(others)
  let outcome: RestoreOutcome = 'not-found'
  await updateCredentialFile(login.file, async (old) => {
    if (old === undefined) return undefined
    const text = await explainMalformed(login.file, old.text, async () => {
      const undo = await withoutExpired(record, now)
      const removed = await removeCredential(old.text, undo, usedHosts)
      return removed === null ? null : originalTextOf(removed, record)
    })
    outcome = text === old.text ? 'kept' : 'restored'
    if (text === old.text) return undefined
    if (text !== null) await updateDigests(old.text, text, others)
    // The file still contains the credentials of other logins.
    return { text, mode: others.length === 0 ? record.mode : CREDENTIAL_FILE_MODE }
  })
  return outcome
}

/** Returns the text from before the login if it has the same JSON value, to restore its formatting too. */
function originalTextOf(text: string, { before, origin }: LoginRecord): string | null {
  for (const original of [origin, before]) {
    if (original !== null && meansTheSame(text, original)) return original
  }
  return origin === null && meansTheSame(text, '{}') ? null : text
}

/**
 * Restores the credential stores, except for entries that other logins use. A store that fails is skipped. The stores
 * run without the lock, since they can take longer than other processes keep a lock.
 */
async function restoreStores(
  login: LoginReference,
  stored: readonly StoredCredential[],
  deps: RestoreDeps
): Promise<void> {
  const { restoreStore } = await import('./credential-store.js')
  const used = new Set<string>()
  for (const other of await listLogins(login.file)) {
    const { stored: entries = [] } = (await findRecord(other)) ?? {}
    for (const { host, secretDigest } of entries) used.add(`${host} ${secretDigest}`)
  }
  for (const entry of stored) {
    if (used.has(`${entry.host} ${entry.secretDigest}`)) continue
    try {
      await restoreStore(entry, deps.now(), deps)
    } catch (error) {
      deps.log.debug(`The credential store ${entry.store} was not restored: ${messageOf(error)}`)
    }
  }
  await withFileLock(lockPathOf(login.file), deps, async () => {
    // Another login can have read an entry of this login from a store in the meantime.
    await updateStored(stored, await listLogins(login.file))
    await removeRecord(login)
  })
}

/** Removes the entries of a login that has ended from the records of other logins, which must not restore them. */
async function updateStored(
  ended: readonly StoredCredential[],
  others: readonly LoginReference[]
): Promise<void> {
  const { withoutEnded } = await import('./credential-store.js')
  for (const other of others) {
    const record = await findRecord(other)
    if (record?.stored === undefined) continue
    await writeRecord(other, { ...record, stored: withoutEnded(record.stored, ended) })
  }
}

/** Lists the entries that these logins use. */
async function listUsedHosts(logins: readonly LoginReference[]): Promise<WrittenHost[]> {
  const hosts: WrittenHost[] = []
  for (const login of logins) hosts.push(...((await findRecord(login))?.hosts ?? []))
  return hosts
}

/** Updates the records that have the digest of the text, because this action changes the text. */
async function updateDigests(
  before: string,
  after: string,
  others: readonly LoginReference[]
): Promise<void> {
  for (const other of others) {
    const record = await findRecord(other)
    if (record?.afterDigest !== textDigest(before)) continue
    await writeRecord(other, { ...record, afterDigest: textDigest(after) })
  }
}

/** Removes the credential of a login from the old text in the record of a later login, which must not restore it. */
async function removeFromRecord(
  record: LoginRecord,
  later: LoginReference,
  usedHosts: readonly WrittenHost[]
): Promise<void> {
  const laterRecord = await findRecord(later)
  if (laterRecord === undefined || laterRecord.before === null) return
  const before = await removeCredential(laterRecord.before, record, usedHosts)
  if (before === laterRecord.before) return
  const mode = record.before === null ? laterRecord.mode : record.mode
  const setAside = [...new Set([...laterRecord.setAside, ...record.setAside])]
  await writeRecord(later, { ...laterRecord, before, mode, setAside })
}

/** Makes the oldest other login responsible for the directories that this login created. */
async function transferDirectory(
  record: LoginRecord,
  others: readonly LoginReference[]
): Promise<void> {
  const [oldest] = others
  const oldestRecord = oldest === undefined ? undefined : await findRecord(oldest)
  if (oldest === undefined || oldestRecord === undefined || record.madeDirectory === undefined) {
    return
  }
  await writeRecord(oldest, {
    ...oldestRecord,
    madeDirectory: oldestRecord.madeDirectory ?? record.madeDirectory
  })
}
