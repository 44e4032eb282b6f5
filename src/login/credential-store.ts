import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { isJsonObject, parseJson } from '../runner/json.js'
import type { Deps } from '../runner/deps.js'
import { textDigest } from './credential-document.js'
import { isExpiredPassword } from './expired-entry.js'

// oras and helm read a credential store before the file, also for a host with an empty helper, and do not read the file
// if the store does not have a credential (oras-go, `DynamicStore.getHelperSuffix`).

/** A credential in a credential store. */
interface StoreCredential {
  readonly username: string
  readonly secret: string
}

/** The entry that login wrote into a credential store. */
export interface StoredCredential {
  /** The name of the store: the program is `docker-credential-NAME`. */
  readonly store: string
  readonly host: string
  /** The digest of the secret that login wrote. */
  readonly secretDigest: string
  /** The entry before login. */
  readonly previous?: StoreCredential | undefined
}

/** The dependencies for running a store. */
export interface StoreDeps extends Pick<Deps, 'env'> {
  /** Ends the store when the run is cancelled. */
  readonly signal?: AbortSignal
  /** How long a store may take, in milliseconds. The default is 10 seconds. */
  readonly timeoutMs?: number
}

/** The default timeout. Without a desktop session, a store can wait for input that never arrives. */
const TIMEOUT_MS = 10_000

/**
 * Prepares writing a credential into a store: reads the entry before login.
 *
 * @throws Error if the store cannot be read
 */
export async function readStore(
  store: string,
  host: string,
  secret: string,
  deps: StoreDeps
): Promise<StoredCredential> {
  const previous = await findInStore(store, host, deps)
  return { store, host, secretDigest: textDigest(secret), previous }
}

/** Writes a credential into a store. @throws Error if the store rejects it */
export async function writeToStore(
  { store, host }: Pick<StoredCredential, 'store' | 'host'>,
  { username, secret }: StoreCredential,
  deps: StoreDeps
): Promise<void> {
  const entry = { ServerURL: host, Username: username, Secret: secret }
  checkStatus(await runStore(store, 'store', JSON.stringify(entry), deps))
}

/**
 * Restores the entry of a store, or erases it if there was none or it has expired. An entry that another program has
 * changed is kept.
 *
 * @throws Error if the store fails
 */
export async function restoreStore(
  stored: StoredCredential,
  now: Date,
  deps: StoreDeps
): Promise<void> {
  const { store, host, secretDigest, previous } = stored
  const current = await findInStore(store, host, deps)
  if (current === undefined || textDigest(current.secret) !== secretDigest) return
  if (previous === undefined || isExpiredPassword(previous.secret, now)) {
    checkStatus(await runStore(store, 'erase', host, deps))
  } else {
    await writeToStore(stored, previous, deps)
  }
}

/**
 * Returns the entries of a login that is not undone yet, without previous entries of another login that has ended: they
 * must not be restored.
 *
 * @param ended the entries of the login that has ended
 */
export function withoutEnded(
  stored: readonly StoredCredential[],
  ended: readonly StoredCredential[]
): StoredCredential[] {
  return stored.map((entry) => {
    const digest = textDigest(entry.previous?.secret ?? '')
    const source = ended.find(
      ({ store, host, secretDigest }) =>
        store === entry.store && host === entry.host && secretDigest === digest
    )
    return source === undefined ? entry : { ...entry, previous: source.previous }
  })
}

/** Returns the credential of a host, or `undefined` if the store does not have one. */
async function findInStore(
  store: string,
  host: string,
  deps: StoreDeps
): Promise<StoreCredential | undefined> {
  const result = await runStore(store, 'get', host, deps)
  // The protocol of docker-credential-helpers: this message on standard output, and a status other than 0.
  if (result.status !== 0 && /credentials not found/i.test(result.output)) return undefined
  checkStatus(result)
  const entry = parseEntry(result.output)
  if (!isJsonObject(entry)) return undefined
  const { Username: username, Secret: secret } = entry
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined
  return { username, secret }
}

/** Parses the output of a store. The error does not quote it, since it can contain a secret. */
function parseEntry(output: string): unknown {
  try {
    return parseJson(output)
  } catch {
    throw new Error('its output is not JSON')
  }
}

interface StoreResult {
  readonly status: number | null
  readonly output: string
}

/** The error does not quote the output of the store, since it can contain a secret. */
function checkStatus({ status }: StoreResult): void {
  if (status !== 0) throw new Error(`status ${String(status)}`)
}

/**
 * Runs a credential store (https://github.com/docker/docker-credential-helpers). Secrets are passed by standard input.
 *
 * @throws Error if it cannot be started, takes longer than the timeout, or is ended by the signal
 */
async function runStore(
  store: string,
  action: 'get' | 'store' | 'erase',
  input: string,
  { env, signal, timeoutMs = TIMEOUT_MS }: StoreDeps
): Promise<StoreResult> {
  if (!/^[\w.-]+$/.test(store)) throw new Error(`"${store}" is not the name of a credential store`)
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${store}`, [action], {
      env: env,
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: process.platform !== 'win32',
      windowsHide: true
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stdin.on('error', () => undefined).end(input)
    const end = (reason: string): void => {
      killGroup(child)
      // A process that left the group can keep the other end open.
      child.stdout.destroy()
      child.stdin.destroy()
      reject(new Error(reason))
    }
    const cancel = (): void => end('cancelled')
    signal?.addEventListener('abort', cancel, { once: true })
    const timer = setTimeout(() => end(`no response for ${timeoutMs} ms`), timeoutMs)
    child.once('error', reject)
    child.once('close', (status) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      resolve({ status, output })
    })
  })
}

/** Kills a program and, except on Windows, the programs that it started. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
