/** A state of a repository on GitHub. */
export interface Revision {
  /** `https://github.com`, or the URL of a GitHub Enterprise server. */
  readonly serverUrl: string
  /** `OWNER/NAME`. */
  readonly repository: string
  /** A commit, branch or tag. */
  readonly ref: string
}

/** The location of a file on GitHub. Relative links start here. */
export interface LinkBase extends Revision {
  /** The path of the file in the repository, with forward slashes: `docs/README.md`. */
  readonly path: string
  /** Looks up a file in the checkout, by its path in the repository. Without it, every file is in this repository. */
  readonly findFile?: ((path: string) => FileLocation) | undefined
}

/** The location of a file of the checkout. */
export interface FileLocation {
  /** `false` if the checkout is complete and does not contain the file. */
  readonly exists: boolean
  /** Set if the file belongs to a submodule or another checkout below this one. */
  readonly checkout?: { readonly revision: Revision | undefined; readonly path: string } | undefined
}

/** `page` is the page on which GitHub shows a file. `raw` is the file itself, which images need. */
export type LinkForm = 'page' | 'raw'

/**
 * Why a link probably does not work: it leads out of the repository, to a file that does not exist, or to a file of a
 * checkout whose repository is not known.
 */
export type LinkFault = 'outside' | 'missing' | 'unknown-checkout'

/** The absolute URL of a link. */
export interface ResolvedLink {
  /** `undefined` if the link cannot be resolved. */
  readonly url: string | undefined
  readonly fault?: LinkFault | undefined
}

/** The number of segments before the path in the URL of a file: `OWNER`, `NAME`, `blob` and the ref. */
const PREFIX_LENGTH = 4

/**
 * Returns the absolute URL of a relative link, and the raw URL of an image whose URL is a page of GitHub. Returns
 * `undefined` for all other links: anchors, absolute and protocol-relative URLs, `mailto:`, `data:`, the empty link.
 *
 * The link starts at the directory of the file, or at the root of the repository if it begins with `/`, as on GitHub.
 * Links such as `../../issues` lead to a page of the repository and work on GitHub too.
 */
export function resolveLink(
  link: string,
  form: LinkForm,
  base: LinkBase
): ResolvedLink | undefined {
  const trimmed = link.trim().replaceAll('\\', '/')
  if (/^(?:\/\/|https?:)/i.test(trimmed) && form === 'raw') return resolvePage(trimmed, base)
  if (trimmed === '' || /^(?:#|\/\/|[a-z][a-z\d+.-]*:)/i.test(trimmed)) return undefined
  const [, path = '', suffix = ''] = /^([^?#]*)(.*)$/s.exec(trimmed) ?? []
  const { segments, shortest } = resolveSegments(path, base)
  if (shortest >= PREFIX_LENGTH) {
    return resolveFile(segments.slice(PREFIX_LENGTH).join('/'), encode(suffix), form, base)
  }
  const url = `${serverOf(base)}/${segments.join('/')}${encode(suffix)}`
  if (shortest !== 2) return { url, fault: 'outside' }
  return (form === 'raw' ? resolvePage(url, base) : undefined) ?? { url }
}

/** Returns the raw URL for the URL of the page on which GitHub shows an image, which itself shows no image. */
function resolvePage(url: string, base: LinkBase): ResolvedLink | undefined {
  const [, host = '', repository = ''] =
    /^(?:https?:)?\/\/(?:www\.)?([^/]+)\/([^/?#]+\/[^/?#]+)\/blob\/[^/?#]+\/[^?#]/i.exec(url) ?? []
  const hosts = ['github.com', URL.parse(base.serverUrl)?.host]
  if (!hosts.includes(host.toLowerCase())) return undefined
  return { url: encode(url.replace(`/${repository}/blob/`, () => `/${repository}/raw/`)) }
}

/** @param path encoded */
function resolveFile(path: string, suffix: string, form: LinkForm, base: LinkBase): ResolvedLink {
  const { exists, checkout } = base.findFile?.(decode(path)) ?? { exists: true }
  const fault = exists ? undefined : 'missing'
  if (checkout === undefined) return { url: fileUrl(path, form, base) + suffix, fault }
  const { revision } = checkout
  if (revision === undefined) return { url: undefined, fault: 'unknown-checkout' }
  const inCheckout = checkout.path.split('/').map(encodeSegment).join('/')
  const slash = path.endsWith('/') && inCheckout !== '' ? '/' : ''
  return { url: fileUrl(inCheckout + slash, form, revision) + suffix, fault }
}

/** Returns the URL of the page on which GitHub shows the file. */
export function addressOfFile(base: LinkBase): string {
  return fileUrl(base.path.split('/').map(encodeSegment).join('/'), 'page', base)
}

/**
 * Returns the URL of a file. The raw form is not the one of raw.githubusercontent.com, which serves the pointer of a
 * file in Git LFS.
 *
 * @param path encoded
 */
function fileUrl(path: string, form: LinkForm, revision: Revision): string {
  const ref = revision.ref.split('/').map(encodeSegment).join('/')
  const view = path === '' ? 'tree' : form === 'page' ? 'blob' : 'raw'
  return `${serverOf(revision)}/${revision.repository}/${view}/${ref}${path === '' ? '' : `/${path}`}`
}

function serverOf({ serverUrl }: Revision): string {
  return serverUrl.replace(/\/+$/, '')
}

/** Resolves a path from the file. `shortest` is the smallest number of segments on the way. */
function resolveSegments(
  path: string,
  base: LinkBase
): { readonly segments: readonly string[]; readonly shortest: number } {
  const [owner = '', name = ''] = base.repository.split('/')
  const own = base.path.split('/').map(encodeSegment)
  const file = own.pop() ?? ''
  const segments = [owner, name, 'blob', base.ref]
  if (!path.startsWith('/')) segments.push(...own)
  if (path === '') segments.push(file)
  let shortest = segments.length
  const steps = path.split('/')
  for (const [at, step] of steps.entries()) {
    const plain = step.replace(/%2e/gi, '.')
    if (plain === '..') {
      segments.pop()
      shortest = Math.min(shortest, segments.length)
    } else if (plain !== '' && plain !== '.') segments.push(encode(step))
    // A directory keeps its final slash.
    if (plain === '' && at > 0 && at === steps.length - 1) segments.push('')
  }
  return { segments, shortest }
}

/** Encodes the name of a file or directory as a segment of a URL. */
function encodeSegment(name: string): string {
  return encode(name.replaceAll('%', '%25')).replaceAll('?', '%3F').replaceAll('#', '%23')
}

/** Encodes all characters that could end a URL in Markdown or HTML. Encoded characters are not encoded again. */
function encode(text: string): string {
  return encodeURI(text.replace(/[\ud800-\udfff]/gu, '\ufffd'))
    .replace(/%25([\da-f]{2})/gi, '%$1')
    .replace(/[()']/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
