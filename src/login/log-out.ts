import { meansTheSame, textDigest } from './auth-document.js'
import { findCredentialFile, removeDirectories } from './credential-file.js'
import { explainMalformed } from './credential-targets.js'
import { removeCredential } from './credential-settings.js'
import type { WrittenHost } from './credential-settings.js'
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
import type { LoginRecord, LoginReference } from './login-records.js'
import { swapCredentialFile } from './swap-credential-file.js'

/** What became of a login: taken back, or left as somebody else had changed it, or gone already. */
export type LogoutOutcome = 'restored' | 'left' | 'gone'

/**
 * Takes a login back: what was in the credential file before is there again. An entry that somebody else has
 * changed since is left alone, and so is one that another login of this action counts on; that one then
 * puts back what was there before both.
 *
 * @throws ActionError where the file is malformed or cannot be written; it is then as it was
 */
export async function logOut(login: LoginReference, deps: LockDeps): Promise<LogoutOutcome> {
  if ((await findRecord(login)) === undefined) return 'gone'
  const result = await withFileLock(lockOf(login.file), deps, () => takeBack(login))
  if (result === undefined) return 'gone'
  const { outcome, isLast, madeDirectory } = result
  if (
    isLast &&
    madeDirectory !== undefined &&
    (await findCredentialFile(login.file)) === undefined
  ) {
    await removeDirectories(login.file, madeDirectory)
  }
  return outcome
}

interface TakenBack {
  readonly outcome: LogoutOutcome
  /** `true` where no other login into the file is under way. */
  readonly isLast: boolean
  readonly madeDirectory: string | undefined
}

/** Works under the lock: until then, the logout of another job may have changed the record. */
async function takeBack(login: LoginReference): Promise<TakenBack | undefined> {
  const record = await findRecord(login)
  if (record === undefined) return undefined
  const logins = await listLogins(login.file)
  const at = logins.findIndex(({ id }) => id === login.id)
  const others = logins.filter(({ id }) => id !== login.id)
  const outcome = await restore(login, record, others)
  for (const [place, later] of logins.entries()) {
    if (at === -1 || place <= at) continue
    const between = logins.slice(0, place).filter(({ id }) => id !== login.id)
    await passOn(record, later, await listClaims(between))
  }
  await passOnDirectory(record, others)
  await writeLogins(login.file, others)
  await removeRecord(login)
  return { outcome, isLast: others.length === 0, madeDirectory: record.madeDirectory }
}

/** Forgets a login, so that it is never taken back. */
export async function forgetLogin(login: LoginReference, deps: LockDeps): Promise<void> {
  await withFileLock(lockOf(login.file), deps, async () => {
    const logins = await listLogins(login.file)
    await writeLogins(
      login.file,
      logins.filter(({ id }) => id !== login.id)
    )
    await removeRecord(login)
  })
}

async function restore(
  login: LoginReference,
  record: LoginRecord,
  others: readonly LoginReference[]
): Promise<LogoutOutcome> {
  const claims = await listClaims(others)
  let outcome: LogoutOutcome = 'gone'
  await swapCredentialFile(login.file, async (old) => {
    if (old === undefined) return undefined
    const text = await explainMalformed(login.file, old.text, async () => {
      const removed = await removeCredential(old.text, record, claims)
      return removed === null ? null : inFormerWords(removed, record)
    })
    outcome = text === old.text ? 'left' : 'restored'
    if (text === old.text) return undefined
    if (text !== null) await noteChange(old.text, text, others)
    return { text, mode: record.mode }
  })
  return outcome
}

/** The text as it was written before, where it means the same again, bytes and all. */
function inFormerWords(text: string, { before, origin }: LoginRecord): string | null {
  for (const former of [origin, before]) {
    if (former !== null && meansTheSame(text, former)) return former
  }
  return origin === null && meansTheSame(text, '{}') ? null : text
}

/** The entries that these logins count on. */
async function listClaims(logins: readonly LoginReference[]): Promise<WrittenHost[]> {
  const claims: WrittenHost[] = []
  for (const login of logins) claims.push(...((await findRecord(login))?.hosts ?? []))
  return claims
}

/** Lets a login that knows the file by its digest know it again after our change. */
async function noteChange(
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

/** Lets a later login put back what was there before this one, instead of this one's credential. */
async function passOn(
  record: LoginRecord,
  later: LoginReference,
  claims: readonly WrittenHost[]
): Promise<void> {
  const laterRecord = await findRecord(later)
  if (laterRecord === undefined || laterRecord.before === null) return
  const before = await removeCredential(laterRecord.before, record, claims)
  if (before === laterRecord.before) return
  const mode = record.before === null ? laterRecord.mode : record.mode
  await writeRecord(later, { ...laterRecord, before, mode })
}

/** Lets another login remove the directories that this one had made. */
async function passOnDirectory(
  record: LoginRecord,
  others: readonly LoginReference[]
): Promise<void> {
  const [heir] = others
  const heirRecord = heir === undefined ? undefined : await findRecord(heir)
  if (heir === undefined || heirRecord === undefined || record.madeDirectory === undefined) return
  await writeRecord(heir, {
    ...heirRecord,
    madeDirectory: heirRecord.madeDirectory ?? record.madeDirectory
  })
}
