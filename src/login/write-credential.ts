import type { Deps } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'
import { findValue, parseCredentialDocument, textDigest } from './credential-document.js'
import { addCredential, isAsWritten } from './credential-edits.js'
import type { AddedCredential } from './credential-edits.js'
import {
  checkWritable,
  CREDENTIAL_FILE_MODE,
  makeDirectoryOf,
  removeDirectories
} from './credential-file.js'
import type { CredentialFile } from './credential-file.js'
import type { StoreDeps } from './credential-store.js'
import type { CredentialTarget } from './credential-targets.js'
import { explainMalformed } from './explain-malformed.js'
import { withFileLock } from './file-lock.js'
import type { LockDeps } from './file-lock.js'
import {
  findKeptLogin,
  findRecord,
  listLogins,
  lockPathOf,
  removeRecord,
  writeLogins,
  writeRecord
} from './login-records.js'
import type { KeptLogin, LoginReference } from './login-records.js'
import { updateCredentialFile } from './update-credential-file.js'

/** A credential for one registry. */
export interface Credential {
  /** All host names of the registry. */
  readonly hosts: readonly string[]
  /** The Base64 of `user:password`. */
  readonly auth: string
  readonly expiresAt: Date
  /** The digest of the AWS access key that got the credential, if it is known. */
  readonly identity?: string | undefined
}

/** The outcome of a login for one credential file. */
export interface WriteOutcome extends Pick<
  AddedCredential,
  'hasConflict' | 'store' | 'setAside' | 'replacedHelpers'
> {
  /** `keep` if the file already had an equivalent credential. */
  readonly action: 'create' | 'update' | 'keep'
}

/** The maximum difference between the expiration times of equivalent credentials. */
const EQUAL_EXPIRY_MS = 5 * 60 * 1000

/**
 * Writes a credential into a credential file, and the record that `restoreCredential` requires to undo the login.
 *
 * @throws ActionError if the file is malformed or cannot be written; the old file is kept
 */
export async function writeCredential(
  login: LoginReference,
  target: CredentialTarget,
  credential: Credential,
  deps: LockDeps
): Promise<WriteOutcome> {
  const madeDirectory = await makeDirectoryOf(target.file)
  try {
    return await withFileLock(lockPathOf(target.file), deps, async () => {
      const others = await listLogins(target.file)
      try {
        return await writeLocked(login, target, credential, others, madeDirectory)
      } catch (error) {
        // The first error is the cause. An error of the cleanup must not replace it.
        await writeLogins(target.file, others).catch(() => undefined)
        await removeRecord(login).catch(() => undefined)
        throw error
      }
    })
  } catch (error) {
    if (madeDirectory !== undefined) await removeDirectories(target.file, madeDirectory)
    throw error
  }
}

async function writeLocked(
  login: LoginReference,
  target: CredentialTarget,
  credential: Credential,
  others: readonly LoginReference[],
  madeDirectory: string | undefined
): Promise<WriteOutcome> {
  let outcome: WriteOutcome = {
    action: 'keep',
    hasConflict: false,
    store: undefined,
    setAside: [],
    replacedHelpers: []
  }
  const [first] = others
  const firstRecord = first === undefined ? undefined : await findRecord(first)
  await updateCredentialFile(target.file, async (old) => {
    await checkWritable(target.file, old)
    const change = await planChange(login, target, old, credential, others)
    outcome = change
    await writeRecord(login, {
      before: old?.text ?? null,
      origin: firstRecord === undefined ? (old?.text ?? null) : firstRecord.origin,
      mode: old?.mode ?? CREDENTIAL_FILE_MODE,
      afterDigest: textDigest(change.text),
      hosts: change.hosts,
      setAside: change.setAside,
      madeDirectory,
      identity: credential.identity,
      expiresAt: change.expiresAt
    })
    await writeLogins(target.file, [...others, login])
    return change.action === 'keep' ? undefined : { text: change.text, mode: CREDENTIAL_FILE_MODE }
  })
  return outcome
}

interface PlannedChange extends AddedCredential {
  readonly action: WriteOutcome['action']
  /** The expiration time of the credential in the file, ISO 8601. */
  readonly expiresAt: string
}

async function planChange(
  login: LoginReference,
  target: CredentialTarget,
  old: CredentialFile | undefined,
  credential: Credential,
  others: readonly LoginReference[]
): Promise<PlannedChange> {
  const before = old?.text ?? ''
  const { readers } = target
  const added = await explainMalformed(target.path, before, () =>
    addCredential(before, readers, credential.hosts, credential.auth)
  )
  const equivalent =
    old === undefined || added.setAside.length > 0
      ? undefined
      : findEquivalent(old.text, added, credential, await listCandidates(login, others))
  if (equivalent !== undefined) {
    const { hosts, expiresAt } = equivalent
    return { ...added, text: before, hosts, expiresAt, action: 'keep' }
  }
  const document = parseCredentialDocument(before)
  const hasEntry = credential.hosts.some((host) => findValue(document, 'auths', host) !== undefined)
  const expiresAt = credential.expiresAt.toISOString()
  return { ...added, expiresAt, action: hasEntry ? 'update' : 'create' }
}

/** Lists the logins whose entries can be in the file. */
async function listCandidates(
  login: LoginReference,
  others: readonly LoginReference[]
): Promise<KeptLogin[]> {
  const found = [await findKeptLogin(login)]
  for (const other of others) found.push(await findRecord(other))
  return found.filter((candidate) => candidate !== undefined)
}

/**
 * Returns an earlier login of this action if its entries are still in the file and equivalent to the new credential:
 * from the same AWS access key, and with the same remaining time.
 */
function findEquivalent(
  text: string,
  added: AddedCredential,
  { identity, expiresAt }: Credential,
  candidates: readonly KeptLogin[]
): KeptLogin | undefined {
  if (identity === undefined) return undefined
  const document = parseCredentialDocument(text)
  const hostsAndHelpers = (hosts: AddedCredential['hosts']): string =>
    JSON.stringify(hosts.map(({ host, helper }) => [host, helper ?? null]))
  return candidates.find((candidate) => {
    if (candidate.identity !== identity) return false
    const isFresh = expiresAt.getTime() - Date.parse(candidate.expiresAt) <= EQUAL_EXPIRY_MS
    const isInFile = candidate.hosts.every((host) => isAsWritten(document, host))
    const hasSameHosts = hostsAndHelpers(candidate.hosts) === hostsAndHelpers(added.hosts)
    const hasHelpers = added.hosts.every(
      ({ host, helper }) => findValue(document, 'credHelpers', host) === helper
    )
    return isFresh && isInFile && hasSameHosts && hasHelpers
  })
}

/**
 * Adds the credential to a credential store that oras and helm read before the file. A store that fails is skipped with
 * a debug line: login does not depend on it.
 */
export async function storeCredential(
  login: LoginReference,
  store: string,
  credential: Pick<Credential, 'hosts'> & { readonly username: string; readonly password: string },
  deps: Pick<Deps, 'log'> & StoreDeps
): Promise<void> {
  const { readStore, writeToStore } = await import('./credential-store.js')
  for (const host of credential.hosts) {
    try {
      const stored = await readStore(store, host, credential.password, deps)
      const record = await findRecord(login)
      if (record === undefined) return
      // Recorded first, so that the post step erases the entry even if this step is killed.
      await writeRecord(login, { ...record, stored: [...(record.stored ?? []), stored] })
      await writeToStore(
        stored,
        { username: credential.username, secret: credential.password },
        deps
      )
    } catch (error) {
      deps.log.debug(`The credential store ${store} was skipped for ${host}: ${messageOf(error)}`)
    }
  }
}
