import { spawn } from 'node:child_process'
import { isJsonObject, parseJson } from '../runner/json.js'
import type { Deps } from '../runner/deps.js'
import { messageOf } from '../runner/errors.js'
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

type StoreDeps = Pick<Deps, 'env'>

/** How long a store may take, in milliseconds. A store without a desktop session can wait for a person. */
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
  await runStore(store, 'store', JSON.stringify(entry), deps)
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
    await runStore(store, 'erase', host, deps)
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
  try {
    const entry = parseJson(await runStore(store, 'get', host, deps))
    if (!isJsonObject(entry)) return undefined
    const { Username: username, Secret: secret } = entry
    if (typeof username !== 'string' || typeof secret !== 'string' || secret === '')
      return undefined
    return { username, secret }
  } catch (error) {
    // The protocol of docker-credential-helpers: this message on standard output, and a status other than 0.
    if (/credentials not found/i.test(messageOf(error))) return undefined
    throw error
  }
}

/**
 * Runs a credential store (https://github.com/docker/docker-credential-helpers). Secrets are passed by standard input.
 *
 * @throws Error with the first line of its output if it fails or takes longer than 10 seconds
 */
function runStore(
  store: string,
  action: 'get' | 'store' | 'erase',
  input: string,
  { env }: StoreDeps
): Promise<string> {
  if (!/^[\w.-]+$/.test(store)) throw new Error(`"${store}" is not the name of a credential store`)
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${store}`, [action], {
      env: env,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
      windowsHide: true
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stdin.on('error', () => undefined).end(input)
    child.once('error', reject)
    child.once('close', (status) => {
      if (status === 0) resolve(output)
      else
        reject(
          new Error(action === 'get' ? (output.split('\n')[0] ?? '') : `status ${String(status)}`)
        )
    })
  })
}
