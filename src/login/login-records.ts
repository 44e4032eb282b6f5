import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Deps } from '../runner/deps.js'
import { codeOf, messageOf, problem } from '../runner/errors.js'
import { makeDirectory } from '../runner/make-directory.js'
import { textDigest } from './credential-document.js'
import type { Undo } from './credential-edits.js'
import type { StoredCredential } from './credential-store.js'
import { removeFile } from './remove-file.js'
import { replaceFile } from './replace-file.js'

/** Only the owner can read and write the file. */
const PRIVATE_MODE = 0o600

/**
 * The data that is required to undo one login. It contains the old content of the credential file with secrets of
 * other hosts. So it is a file in `RUNNER_TEMP` that only its owner can read and that the runner deletes after the job.
 */
export interface LoginRecord extends Undo {
  /** The text before the first of all concurrent logins, or `null` if the file did not exist. */
  readonly origin: string | null
  /** The entries of credential stores that login wrote. */
  readonly stored?: readonly StoredCredential[] | undefined
  /** The permission bits of the credential file before login. */
  readonly mode: number
  /** The topmost directory that login created for the credential file. */
  readonly madeDirectory?: string | undefined
  /** The digest of the AWS access key of the login, if it is known. */
  readonly identity?: string | undefined
  /** The expiration time of the credential in the file, ISO 8601. */
  readonly expiresAt: string
}

/** A reference to a login into one credential file, for the state of the step and the list of logins. */
export interface LoginReference {
  readonly id: string
  /** The path of the credential file, with symbolic links resolved. */
  readonly file: string
  /** The path of the `LoginRecord`. */
  readonly record: string
  /** The entries of the login, to find them if the record was deleted. Earlier versions did not save them. */
  readonly entries?: WrittenEntries | undefined
}

/** The entries that a login writes into `auths`. */
export interface WrittenEntries {
  readonly hosts: readonly string[]
  /** The digest of the value of all hosts. */
  readonly authDigest: string
}

/** The data of a login that is never undone, to find an equivalent credential. It does not contain secrets. */
export type KeptLogin = Pick<LoginRecord, 'hosts' | 'identity' | 'expiresAt'>

/** Creates the reference of a login. The post step requires it before the login writes any file. */
export function createLoginReference(
  file: string,
  env: Deps['env'],
  entries?: WrittenEntries
): LoginReference {
  const id = randomUUID()
  const record = join(env.RUNNER_TEMP || tmpdir(), `ecr-public-login-${id}.json`)
  return { id, file, record, entries }
}

/** Returns the path of the lock file that protects a credential file and its list of logins. */
export function lockPathOf(file: string): string {
  return `${file}.ecr-public-lock`
}

/**
 * Lists the logins into a credential file that are not undone yet, the oldest first. The list is a file without secrets
 * beside the credential file, for all jobs that share it. A login without a record belongs to a job that was killed.
 */
export async function listLogins(file: string): Promise<LoginReference[]> {
  const text = await readFile(listPathOf(file), 'utf8').catch(() => '[]')
  const logins: LoginReference[] = []
  for (const login of parseLogins(text)) {
    if ((await findRecord(login)) !== undefined) logins.push(login)
  }
  return logins
}

/** Replaces the list of logins into a credential file. Deletes the list if it is empty. */
export async function writeLogins(file: string, logins: readonly LoginReference[]): Promise<void> {
  const list = listPathOf(file)
  if (logins.length === 0) await removeFile(list)
  else await writeJson(list, logins)
}

/** Reads the record of a login. Returns `undefined` if it does not exist or cannot be read. */
export async function findRecord(login: LoginReference): Promise<LoginRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(login.record, 'utf8')) as LoginRecord
    // Another job can use an earlier version of this action, which did not set entries aside.
    return { ...record, setAside: (record as Partial<LoginRecord>).setAside ?? [] }
  } catch {
    return undefined
  }
}

/** Writes the record of a login. */
export async function writeRecord(login: LoginReference, record: LoginRecord): Promise<void> {
  await writeJson(login.record, record)
}

/** Deletes the record of a login. */
export async function removeRecord(login: LoginReference): Promise<void> {
  await removeFile(login.record)
}

/** Records a login that is never undone, until the runner deletes `RUNNER_TEMP` after the job. */
export async function writeKeptLogin(login: LoginReference, kept: KeptLogin): Promise<void> {
  const { hosts, identity, expiresAt } = kept
  await writeJson(keptPathOf(login), { hosts, identity, expiresAt })
}

/** Returns the last login of the job into the same credential file that is never undone, or `undefined`. */
export async function findKeptLogin(login: LoginReference): Promise<KeptLogin | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(keptPathOf(login), 'utf8'))
    return isKeptLogin(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isKeptLogin(value: unknown): value is KeptLogin {
  if (typeof value !== 'object' || value === null) return false
  const { hosts, identity, expiresAt } = value as Partial<Record<keyof KeptLogin, unknown>>
  if (typeof identity !== 'string' || typeof expiresAt !== 'string') return false
  return Array.isArray(hosts) && hosts.every((host) => typeof host === 'object' && host !== null)
}

function keptPathOf({ file, record }: LoginReference): string {
  return join(dirname(record), `ecr-public-login-kept-${textDigest(file)}.json`)
}

/** Parses a list of logins. Ignores values that are not a login, and malformed text. */
export function parseLogins(text: string): LoginReference[] {
  try {
    const values: unknown = JSON.parse(text)
    return Array.isArray(values) ? values.filter(isLoginReference) : []
  } catch {
    return []
  }
}

function isLoginReference(value: unknown): value is LoginReference {
  if (typeof value !== 'object' || value === null) return false
  const { id, file, record, entries } = value as Partial<Record<keyof LoginReference, unknown>>
  const isReference =
    typeof id === 'string' && typeof file === 'string' && typeof record === 'string'
  return isReference && (entries === undefined || isWrittenEntries(entries))
}

function isWrittenEntries(value: unknown): value is WrittenEntries {
  if (typeof value !== 'object' || value === null) return false
  const { hosts, authDigest } = value as Partial<Record<keyof WrittenEntries, unknown>>
  return Array.isArray(hosts) && typeof authDigest === 'string'
}

async function writeJson(path: string, value: unknown): Promise<void> {
  try {
    await makeDirectory(dirname(path))
    await replaceFile(path, `${JSON.stringify(value)}\n`, { mode: PRIVATE_MODE, flush: false })
  } catch (error) {
    throw problem(
      {
        what: 'The record of the login cannot be written',
        value: path,
        reason: `The operating system returned ${codeOf(error) ?? messageOf(error)}.`,
        fix: 'Check the permissions of the directory.'
      },
      error
    )
  }
}

function listPathOf(file: string): string {
  return `${file}.ecr-public-logins`
}
