import { digestOf, findValue, parseAuthDocument, textDigest } from './auth-document.js'
import type { JsonObject, Section } from './auth-document.js'
import { editAuthText } from './edit-auth-text.js'
import type { Setting } from './edit-auth-text.js'

/** Who reads an credential file: Docker's CLI, or podman, buildah and skopeo. One file can serve both. */
export type Reader = 'docker' | 'containers'

/** What login wrote for one host, as digests: enough to know it again, of no use to anybody else. */
export interface WrittenHost {
  readonly host: string
  /** Digest of the value in `auths`. */
  readonly authDigest: string
  /** The value in `credHelpers`; absent for none. */
  readonly helper?: string | undefined
}

/** An credential file before and after login. */
export interface LoginEdit {
  readonly text: string
  readonly hosts: readonly WrittenHost[]
  /**
   * `true` where the same file is read by containers/image and names a credential store of Docker's: the
   * empty helper that Docker needs then makes the others fail.
   */
  readonly hasConflict: boolean
}

/**
 * The credential file with this credential for these hosts, so that its readers find it there.
 *
 * Docker asks a credential store before it looks at `auths`, so the store is bypassed for these hosts
 * alone: an empty helper for a host means the file itself (docker/cli, `getConfiguredCredentialStore`).
 * Without a general store there is no need for that, and a helper of the host is taken away, because
 * containers/image takes an empty one for the name of a program (`findCredentialsInFile`).
 *
 * @param auth base64 of `user:password`
 * @throws AuthDocumentError for a text that is no credential file
 */
export async function addCredential(
  before: string,
  readers: readonly Reader[],
  hosts: readonly string[],
  auth: string
): Promise<LoginEdit> {
  const document = parseAuthDocument(before)
  const needsBypass = readers.includes('docker') && hasCredentialStore(document)
  const settings: Setting[] = []
  const written: WrittenHost[] = []
  for (const host of hosts) {
    settings.push({ section: 'auths', host, value: { auth } })
    const helper = needsBypass ? '' : undefined
    settings.push({ section: 'credHelpers', host, value: helper })
    written.push({ host, authDigest: digestOf({ auth }), helper })
  }
  return {
    text: await editAuthText(before, settings),
    hosts: written,
    hasConflict: needsBypass && readers.includes('containers')
  }
}

/** `true` where Docker asks a program for the credentials of every host that has no helper of its own. */
function hasCredentialStore(document: JsonObject): boolean {
  return typeof document.credsStore === 'string' && document.credsStore !== ''
}

/** What login left behind, to be taken back. */
export interface Undo {
  /** The text before login; `null` where there was no file. */
  readonly before: string | null
  /** Digest of the whole text after login. */
  readonly afterDigest: string
  readonly hosts: readonly WrittenHost[]
}

/**
 * The credential file without what login wrote: byte for byte as it was, where nobody else has changed it
 * since; else with the entries put back that are still as login wrote them, and all others left alone.
 * `null` stands for no file.
 *
 * @param claims entries that other logins count on: they stay
 * @throws AuthDocumentError for a text that is no credential file
 */
export async function removeCredential(
  text: string,
  undo: Undo,
  claims: readonly WrittenHost[] = []
): Promise<string | null> {
  const now = parseAuthDocument(text)
  const before = parseAuthDocument(undo.before ?? '')
  const isLost = claims.some((claim) => isAsWritten(now, claim) && !isAsWritten(before, claim))
  if (textDigest(text) === undo.afterDigest && !isLost) return undo.before
  const settings = undo.hosts
    .filter((host) => !claims.some((claim) => isSame(claim, host)))
    .flatMap((host) => settingsBack(host, now, before))
  if (settings.length === 0) return text
  const sections: readonly Section[] = ['auths', 'credHelpers']
  const emptied = sections.filter((section) => !Object.hasOwn(before, section))
  const edited = await editAuthText(text, settings, emptied)
  const isEmpty = Object.keys(parseAuthDocument(edited)).length === 0
  return undo.before === null && isEmpty ? null : edited
}

function isSame(one: WrittenHost, other: WrittenHost): boolean {
  return one.host === other.host && one.authDigest === other.authDigest
}

/** `true` where the entry of this host is the one that login wrote. */
export function isAsWritten(document: JsonObject, { host, authDigest }: WrittenHost): boolean {
  const current = findValue(document, 'auths', host)
  return current !== undefined && digestOf(current) === authDigest
}

function settingsBack(host: WrittenHost, now: JsonObject, before: JsonObject): Setting[] {
  const current = findValue(now, 'auths', host.host)
  const isOurs = isAsWritten(now, host)
  // Somebody else's entry in this file is found by Docker only while the store stays bypassed.
  if (current !== undefined && !isOurs) return []
  const settings: Setting[] = []
  if (isOurs) {
    const value = findValue(before, 'auths', host.host)
    settings.push({ section: 'auths', host: host.host, value })
  }
  const helper = findValue(before, 'credHelpers', host.host)
  if (findValue(now, 'credHelpers', host.host) === host.helper && helper !== host.helper) {
    settings.push({ section: 'credHelpers', host: host.host, value: helper })
  }
  return settings
}
