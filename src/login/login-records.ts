import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deps } from '../runner/deps.js'
import { AUTH_FILE_MODE, writeCredentialFile } from './credential-file.js'
import type { Undo } from './credential-settings.js'
import { makeDirectory, readText, remove } from './disk.js'

/**
 * What one login keeps to take itself back. It holds the credential file as it was before, other hosts'
 * secrets and all, so it lies in `RUNNER_TEMP`, readable to its owner alone, where the runner clears it
 * away after the job; the state of the step names it only.
 */
export interface LoginRecord extends Undo {
  /** The text before the first of the logins that were under way together; `null` where there was no file. */
  readonly origin: string | null
  /** The permission bits that the credential file had before. */
  readonly mode: number
  /** The topmost directory that was made for the credential file. */
  readonly madeDirectory?: string | undefined
  /** Digest of the AWS access key that the credential was got with, where it is known. */
  readonly identity?: string | undefined
  /** When the credential expires, ISO 8601. */
  readonly expiresAt: string
}

/** A login into one credential file, as the state of the step and the list beside the credential file name it. */
export interface LoginReference {
  readonly id: string
  /** The credential file itself, symbolic links followed. */
  readonly file: string
  /** Where its record lies. */
  readonly record: string
}

/** Names a login before anything is written, so that the post step knows of it whatever happens. */
export function nameLogin(file: string, env: Deps['env']): LoginReference {
  const id = randomUUID()
  return { id, file, record: join(env.RUNNER_TEMP || tmpdir(), `ecr-public-login-${id}.json`) }
}

/** The lock under which an credential file and its list of logins are changed. */
export function lockOf(file: string): string {
  return `${file}.ecr-public-lock`
}

/**
 * The logins into an credential file that are not taken back yet, the oldest first. The list lies beside the
 * credential file while there is any, so that jobs that share it know of each other; it holds no secret. A
 * login whose record is gone was of a job that ended without its post step, and is left out.
 */
export async function listLogins(file: string): Promise<LoginReference[]> {
  const text = await readText(listOf(file)).catch(() => '[]')
  const logins: LoginReference[] = []
  for (const login of parseLogins(text)) {
    if ((await findRecord(login)) !== undefined) logins.push(login)
  }
  return logins
}

/** Replaces the list of logins into an credential file; an empty one is removed. */
export async function writeLogins(file: string, logins: readonly LoginReference[]): Promise<void> {
  const list = listOf(file)
  if (logins.length === 0) await remove(list)
  else await writePrivately(list, logins)
}

/** The record of a login, or `undefined` where it is gone or unreadable. */
export async function findRecord(login: LoginReference): Promise<LoginRecord | undefined> {
  try {
    return JSON.parse(await readText(login.record)) as LoginRecord
  } catch {
    return undefined
  }
}

/** Writes the record of a login. */
export async function writeRecord(login: LoginReference, record: LoginRecord): Promise<void> {
  await makeDirectory(join(login.record, '..'))
  await writePrivately(login.record, record)
}

/** Removes the record of a login. */
export async function removeRecord(login: LoginReference): Promise<void> {
  await remove(login.record)
}

/** The logins of a text that `JSON.stringify` made of them; what is none is left out. */
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
  const { id, file, record } = value as Partial<Record<keyof LoginReference, unknown>>
  return typeof id === 'string' && typeof file === 'string' && typeof record === 'string'
}

async function writePrivately(path: string, value: unknown): Promise<void> {
  await writeCredentialFile(path, `${JSON.stringify(value)}\n`, AUTH_FILE_MODE, {
    outlivesCrash: false
  })
}

function listOf(file: string): string {
  return `${file}.ecr-public-logins`
}
