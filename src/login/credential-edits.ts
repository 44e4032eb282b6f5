import {
  digestOf,
  findCredentialStore,
  findValue,
  keyOf,
  listHosts,
  parseCredentialDocument,
  textDigest
} from './credential-document.js'
import type { Section } from './credential-document.js'
import { editCredentialText } from './edit-credential-text.js'
import type { EntryEdit } from './edit-credential-text.js'
import { isExpiredEntry } from './expired-entry.js'
import type { JsonObject } from '../runner/json.js'

/** The programs that read a credential file: Docker's CLI, or podman, buildah and skopeo, or helm. */
export type Reader = 'docker' | 'containers' | 'helm'

/** The entry that login wrote for one host. The credential itself is stored as a digest only. */
export interface WrittenHost {
  readonly host: string
  /** The digest of the value in `auths`. */
  readonly authDigest: string
  /** The value in `credHelpers`, or `undefined` if login wrote none. */
  readonly helper?: string | undefined
}

/** A credential helper of a host before login. */
export interface ReplacedHelper {
  readonly host: string
  readonly helper: string
}

/** The text of a credential file with the credential of login. */
export interface AddedCredential {
  readonly text: string
  readonly hosts: readonly WrittenHost[]
  /** The keys of removed entries, such as `public.ecr.aws/alias`, which other programs prefer to the entry of the host. */
  readonly setAside: readonly string[]
  /** The credential helpers of the hosts that were deleted, or replaced by the empty helper. */
  readonly replacedHelpers: readonly ReplacedHelper[]
  /** The credential store of the file, which oras and helm read before the file, or `undefined`. */
  readonly store: string | undefined
  /**
   * `true` if podman, buildah and skopeo read the same file and the file configures a credential store for Docker. The
   * empty helper that Docker requires then makes the other programs fail.
   */
  readonly hasConflict: boolean
}

/**
 * Adds the credential for all hosts to the text of a credential file.
 *
 * Docker reads a credential store before `auths`. An empty helper makes Docker read the file for one host
 * (docker/cli, `getConfiguredCredentialStore`). Without a store, a helper of the host is deleted, because
 * containers/image uses an empty helper as the name of a program (`findCredentialsInFile`).
 *
 * Entries of a host with a path are removed: podman, buildah and skopeo prefer them (containers-auth.json(5)). They also
 * read Docker's file, but not helm's, and helm itself prefers the entry of the host (oras-go, `GetCredential`).
 *
 * @param auth the Base64 of `user:password`
 * @throws CredentialDocumentError if the text is malformed
 */
export async function addCredential(
  before: string,
  readers: readonly Reader[],
  hosts: readonly string[],
  auth: string
): Promise<AddedCredential> {
  const document = parseCredentialDocument(before)
  const isOnlyFor = (only: Reader): boolean => readers.every((reader) => reader === only)
  const store = isOnlyFor('containers') ? undefined : findCredentialStore(document)
  const bypassesStore = store !== undefined && readers.includes('docker')
  const keys = isOnlyFor('helm') ? [] : listHosts(document, 'auths')
  const setAside = keys.filter((key) => isBelow(key, hosts))
  const helper = bypassesStore ? '' : undefined
  const edits = hosts.flatMap((host): EntryEdit[] => [
    { section: 'auths', host, value: { auth } },
    { section: 'credHelpers', host, value: helper }
  ])
  for (const host of setAside) edits.push({ section: 'auths', host, value: undefined })
  return {
    setAside,
    replacedHelpers: hosts.flatMap((host): ReplacedHelper[] => {
      const old = findValue(document, 'credHelpers', host)
      return typeof old === 'string' && old !== helper ? [{ host, helper: old }] : []
    }),
    store,
    text: await editCredentialText(before, edits),
    hosts: hosts.map((host) => ({ host, authDigest: digestOf({ auth }), helper })),
    hasConflict: bypassesStore && readers.includes('containers')
  }
}

/** Returns `true` if the key is one of the hosts with a path or, as older programs write it, with a scheme. */
function isBelow(key: string, hosts: readonly string[]): boolean {
  const name = key.replace(/^https?:\/\//, '')
  return hosts.some((host) => name.startsWith(`${host}/`) || (name === host && name !== key))
}

/** The data that is required to remove the credential of a login. */
export interface Undo {
  /** The text before login, or `null` if the file did not exist. */
  readonly before: string | null
  /** The digest of the whole text after login. */
  readonly afterDigest: string
  readonly hosts: readonly WrittenHost[]
  /** As in `AddedCredential`. */
  readonly setAside: readonly string[]
}

/**
 * Returns the undo data without entries of the login's hosts whose token has expired at `now`: they are leftovers of a
 * job that was killed, or of a login long ago.
 *
 * @throws CredentialDocumentError if the text is malformed
 */
export async function withoutExpired<T extends Undo>(undo: T, now: Date): Promise<T> {
  if (undo.before === null) return undo
  const before = parseCredentialDocument(undo.before)
  const isExpired = (host: string): boolean => isExpiredEntry(findValue(before, 'auths', host), now)
  const expired = [...undo.hosts.map(({ host }) => host), ...undo.setAside].filter(isExpired)
  if (expired.length === 0) return undo
  const edits = expired.flatMap((host): EntryEdit[] => {
    const entry: EntryEdit = { section: 'auths', host, value: undefined }
    // An empty helper without an entry would hide the credential store from Docker.
    const isBypassed = findValue(before, 'credHelpers', host) === ''
    return isBypassed ? [entry, { ...entry, section: 'credHelpers' }] : [entry]
  })
  // Without a digest, the text before the login is not restored as a whole.
  return { ...undo, before: await editCredentialText(undo.before, edits), afterDigest: '' }
}

/**
 * Removes the credential of a login from the text of a credential file. If nothing else changed the file, returns the
 * text before login. Otherwise restores the entries that did not change after login, and keeps all other entries.
 *
 * @param usedHosts the entries that other logins still use, which are kept
 * @returns the new text, or `null` if the file did not exist before login
 * @throws CredentialDocumentError if the text is malformed
 */
export async function removeCredential(
  text: string,
  undo: Undo,
  usedHosts: readonly WrittenHost[] = []
): Promise<string | null> {
  const current = parseCredentialDocument(text)
  const before = parseCredentialDocument(undo.before ?? '')
  const isUsed = usedHosts.some((used) => isAsWritten(current, used) && !isAsWritten(before, used))
  if (textDigest(text) === undo.afterDigest && !isUsed) return undo.before
  const edits = undo.hosts
    .filter((host) => !usedHosts.some((used) => isSame(used, host)))
    .flatMap((host) => listRestoringEdits(host, current, before))
  const usedNames = usedHosts.map(({ host }) => host)
  for (const host of undo.setAside) {
    const value = findValue(before, 'auths', host)
    const isFree = !isBelow(host, usedNames) && findValue(current, 'auths', host) === undefined
    if (isFree && value !== undefined) edits.push({ section: 'auths', host, value })
  }
  if (edits.length === 0) return text
  const sections: readonly Section[] = ['auths', 'credHelpers']
  const newSections = sections.filter((section) => !Object.hasOwn(before, keyOf(before, section)))
  const edited = await editCredentialText(text, edits, newSections)
  const isEmpty = Object.keys(parseCredentialDocument(edited)).length === 0
  return undo.before === null && isEmpty ? null : edited
}

function isSame(one: WrittenHost, other: WrittenHost): boolean {
  return one.host === other.host && one.authDigest === other.authDigest
}

/** Returns `true` if the entry of the host is the entry that login wrote. */
export function isAsWritten(document: JsonObject, { host, authDigest }: WrittenHost): boolean {
  const current = findValue(document, 'auths', host)
  return current !== undefined && digestOf(current) === authDigest
}

function listRestoringEdits(
  { host, authDigest, helper }: WrittenHost,
  current: JsonObject,
  before: JsonObject
): EntryEdit[] {
  const hasEntry = findValue(current, 'auths', host) !== undefined
  const isUnchanged = isAsWritten(current, { host, authDigest })
  // Docker finds an entry of another program only while the empty helper exists.
  if (hasEntry && !isUnchanged) return []
  const edits: EntryEdit[] = []
  if (isUnchanged) edits.push({ section: 'auths', host, value: findValue(before, 'auths', host) })
  const oldHelper = findValue(before, 'credHelpers', host)
  if (findValue(current, 'credHelpers', host) === helper && oldHelper !== helper) {
    edits.push({ section: 'credHelpers', host, value: oldHelper })
  }
  return edits
}
