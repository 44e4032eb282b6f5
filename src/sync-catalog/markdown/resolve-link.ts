/** The file that a text comes from, as GitHub addresses it. */
export interface LinkBase {
  /** `https://github.com`, or the address of a GitHub Enterprise server. */
  readonly serverUrl: string
  /** `OWNER/NAME`. */
  readonly repository: string
  readonly sha: string
  /** Path of the file from the root of the repository, with forward slashes: `docs/README.md`. */
  readonly path: string
}

/** `page` is how GitHub shows a file, `raw` the file itself, as images need it. */
export type LinkForm = 'page' | 'raw'

/** An absolute URL for a relative link. */
export interface ResolvedLink {
  readonly url: string
  /** `true` where the link leads out of the files of the repository, to where most likely nothing is. */
  readonly isOutside: boolean
}

/** `OWNER`, `NAME`, `blob` and the commit: what stands before the path in the address of a file. */
const PREFIX_LENGTH = 4

/**
 * The absolute URL of a relative link at this commit, or `undefined` where the link is none or needs none:
 * anchors, absolute and protocol-relative URLs, `mailto:`, `data:`, the empty link.
 *
 * It is resolved as GitHub does it: from the directory of the file, from the root of the repository where it
 * begins with `/`. `../../issues` and the like, which lead from the files to a page of the repository, are
 * known to work on GitHub and are followed too.
 */
export function resolveLink(
  link: string,
  form: LinkForm,
  base: LinkBase
): ResolvedLink | undefined {
  const trimmed = link.trim().replaceAll('\\', '/')
  if (trimmed === '' || /^(?:#|\/\/|[a-z][a-z\d+.-]*:)/i.test(trimmed)) return undefined
  const [, path = '', suffix = ''] = /^([^?#]*)(.*)$/s.exec(trimmed) ?? []
  const { segments, shortest } = walk(path, base)
  const isFile = shortest >= PREFIX_LENGTH
  const isPageOfRepository = shortest === 2
  return {
    url: addressOf(segments, isFile, form, base) + encode(suffix),
    isOutside: !isFile && !isPageOfRepository
  }
}

/** The address at which GitHub shows the file itself. */
export function addressOfFile(base: LinkBase): string {
  const path = base.path.split('/').map(encodeSegment)
  return `${base.serverUrl.replace(/\/+$/, '')}/${base.repository}/blob/${base.sha}/${path.join('/')}`
}

/** Follows a path from the file, segment by segment, and notes how far up it led. */
function walk(
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
    // A directory keeps the slash at its end.
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

/** The name of a file or directory as a segment of a URL. */
function encodeSegment(name: string): string {
  return encode(name.replaceAll('%', '%25')).replaceAll('?', '%3F').replaceAll('#', '%23')
}

/**
 * A part of a URL with everything encoded that could end it in Markdown or HTML; what is encoded already
 * stays so.
 */
function encode(text: string): string {
  return encodeURI(text.replace(/[\ud800-\udfff]/gu, '\ufffd'))
    .replace(/%25([\da-f]{2})/gi, '%$1')
    .replace(/[()']/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
}
