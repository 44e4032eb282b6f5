/** The location of a file on GitHub. Relative links start here. */
export interface LinkBase {
  /** `https://github.com`, or the URL of a GitHub Enterprise server. */
  readonly serverUrl: string
  /** `OWNER/NAME`. */
  readonly repository: string
  readonly sha: string
  /** The path of the file in the repository, with forward slashes: `docs/README.md`. */
  readonly path: string
}

/** `page` is the page on which GitHub shows a file. `raw` is the file itself, which images need. */
export type LinkForm = 'page' | 'raw'

/** The absolute URL of a relative link. */
export interface ResolvedLink {
  readonly url: string
  /** `true` if the link leads out of the repository and probably does not work. */
  readonly isOutside: boolean
}

/** The number of segments before the path in the URL of a file: `OWNER`, `NAME`, `blob` and the commit. */
const PREFIX_LENGTH = 4

/**
 * Returns the absolute URL of a relative link at this commit, or `undefined` if the link is not relative: anchors,
 * absolute and protocol-relative URLs, `mailto:`, `data:`, the empty link.
 *
 * The link starts at the directory of the file, or at the root of the repository if it begins with `/`, as on GitHub.
 * Links such as `../../issues` lead to a page of the repository and work on GitHub too.
 */
export function resolveRelativeLink(
  link: string,
  form: LinkForm,
  base: LinkBase
): ResolvedLink | undefined {
  const trimmed = link.trim().replaceAll('\\', '/')
  if (trimmed === '' || /^(?:#|\/\/|[a-z][a-z\d+.-]*:)/i.test(trimmed)) return undefined
  const [, path = '', suffix = ''] = /^([^?#]*)(.*)$/s.exec(trimmed) ?? []
  const { segments, shortest } = resolveSegments(path, base)
  const isFile = shortest >= PREFIX_LENGTH
  const isPageOfRepository = shortest === 2
  return {
    url: addressOf(segments, isFile, form, base) + encode(suffix),
    isOutside: !isFile && !isPageOfRepository
  }
}

/** Returns the URL of the page on which GitHub shows the file. */
export function addressOfFile(base: LinkBase): string {
  const path = base.path.split('/').map(encodeSegment)
  return `${base.serverUrl.replace(/\/+$/, '')}/${base.repository}/blob/${base.sha}/${path.join('/')}`
}

/** Resolves a path from the file. `shortest` is the smallest number of segments on the way. */
function resolveSegments(
  path: string,
  base: LinkBase
): { readonly segments: readonly string[]; readonly shortest: number } {
  const [owner = '', name = ''] = base.repository.split('/')
  const own = base.path.split('/').map(encodeSegment)
  const file = own.pop() ?? ''
  const segments = [owner, name, 'blob', base.sha]
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

function addressOf(
  segments: readonly string[],
  isFile: boolean,
  form: LinkForm,
  base: LinkBase
): string {
  const server = base.serverUrl.replace(/\/+$/, '')
  if (!isFile) return `${server}/${segments.join('/')}`
  const path = segments.slice(PREFIX_LENGTH).join('/')
  const repository = `${server}/${base.repository}`
  if (path === '') return `${repository}/tree/${base.sha}`
  if (form === 'page') return `${repository}/blob/${base.sha}/${path}`
  return server === 'https://github.com'
    ? `https://raw.githubusercontent.com/${base.repository}/${base.sha}/${path}`
    : `${repository}/raw/${base.sha}/${path}`
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
