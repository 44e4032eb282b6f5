import { digestOf, findValue, parseCredentialDocument, textDigest } from './credential-document.js'
import type { Section } from './credential-document.js'
import { editCredentialText } from './edit-credential-text.js'
import type { EntryEdit } from './edit-credential-text.js'
import type { JsonObject } from '../runner/json.js'

/** The programs that read a credential file: Docker's CLI, or podman, buildah and skopeo. */
export type Reader = 'docker' | 'containers'

/** The entry that login wrote for one host. The credential itself is stored as a digest only. */
export interface WrittenHost {
  readonly host: string
  /** The digest of the value in `auths`. */
  readonly authDigest: string
  /** The value in `credHelpers`, or `undefined` if login wrote none. */
  readonly helper?: string | undefined
}

/** The text of a credential file with the credential of login. */
export interface AddedCredential {
  readonly text: string
  readonly hosts: readonly WrittenHost[]
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
  const bypassesStore = readers.includes('docker') && hasCredentialStore(document)
  const helper = bypassesStore ? '' : undefined
  const edits = hosts.flatMap((host): EntryEdit[] => [
    { section: 'auths', host, value: { auth } },
    { section: 'credHelpers', host, value: helper }
  ])
  return {
    text: await editCredentialText(before, edits),
    hosts: hosts.map((host) => ({ host, authDigest: digestOf({ auth }), helper })),
    hasConflict: bypassesStore && readers.includes('containers')
  }
}

function hasCredentialStore(document: JsonObject): boolean {
  return typeof document.credsStore === 'string' && document.credsStore !== ''
}

/** The data that is required to remove the credential of a login. */
export interface Undo {
  /** The text before login, or `null` if the file did not exist. */
  readonly before: string | null
  /** The digest of the whole text after login. */
  readonly afterDigest: string
  readonly hosts: readonly WrittenHost[]
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
  if (edits.length === 0) return text
  const sections: readonly Section[] = ['auths', 'credHelpers']
  const newSections = sections.filter((section) => !Object.hasOwn(before, section))
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
