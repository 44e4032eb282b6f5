import type { Annotation } from './annotation.js'
import type { AnnotationGroup } from './group-annotations.js'
import type { FaultyLink } from './markdown/list-link-edits.js'
import type { LinkFault } from './markdown/resolve-link.js'

/** The relative links of a file that lead to files that do not exist. */
export interface MissingLinks {
  /** The path of the file, as the workflow author writes it. */
  readonly file: string
  readonly links: readonly string[]
}

/** The maximum number of links that one warning lists. */
const MAX_LISTED_LINKS = 5

/** The maximum number of characters of a link in a warning. */
const MAX_LINK_LENGTH = 200

/** The maximum number of links of a file that the details of a warning list. */
const MAX_DETAILED_LINKS = 50

/** The maximum number of files that one warning lists. */
const MAX_LISTED_FILES = 20

const FAULTS: Readonly<
  Record<Exclude<LinkFault, 'missing'>, { readonly text: string; readonly kind: string }>
> = {
  outside: {
    text: 'has links that lead out of the repository and probably do not work',
    kind: 'Links that lead out of the repository probably do not work.'
  },
  'unknown-checkout': {
    text: 'has links to files of a checkout or submodule that is not from a known repository on GitHub, so they are not changed',
    kind: 'Links to files of a checkout or submodule that is not from a known repository on GitHub are not changed.'
  }
}

/** Returns the warnings about the links of a file. */
export function describeFaults(file: string, faults: readonly FaultyLink[]): Annotation[] {
  return (['outside', 'unknown-checkout'] as const).flatMap((fault): Annotation[] => {
    const links = linksOf(faults, fault)
    if (links.length === 0) return []
    const { text, kind } = FAULTS[fault]
    const listed = listSome(links, MAX_LISTED_LINKS)
    return [{ level: 'warning', text: `${file} ${text}: ${listed}`, kind }]
  })
}

/** Returns the message about a file whose location on GitHub is not known. */
export function describeUnknownBase(
  file: string,
  reason: 'no-source' | 'outside' | 'unknown-checkout'
): Annotation {
  const end = 'so relative links are not changed.'
  if (reason === 'no-source')
    return { level: 'notice', text: `GITHUB_REPOSITORY and GITHUB_SHA are not set, ${end}` }
  const [level, place] =
    reason === 'outside'
      ? (['notice', 'is outside of the workspace'] as const)
      : ([
          'warning',
          'belongs to a checkout or submodule that is not from a known repository on GitHub'
        ] as const)
  return { level, text: `${file} ${place}, ${end}`, kind: `A file ${place}, ${end}` }
}

/** Returns the links of a file that lead to files that do not exist, as a list of at most one item. */
export function missingLinks(file: string, faults: readonly FaultyLink[]): MissingLinks[] {
  const links = linksOf(faults, 'missing')
  return links.length === 0 ? [] : [{ file, links }]
}

/** Returns one warning for the missing links of all files, with a line per file. */
export function describeMissingLinks(all: readonly MissingLinks[]): AnnotationGroup[] {
  const files = [...new Map(all.map((found) => [found.file, found])).values()]
  if (files.length === 0) return []
  const count = files.reduce((sum, { links }) => sum + links.length, 0)
  const isOne = files.length === 1
  const listed = files.map(({ file, links }) =>
    isOne ? `${file} (${listSome(links, MAX_LISTED_LINKS)})` : `${file} (${links.length})`
  )
  const subject =
    count === 1 ? '1 relative link leads to a file' : `${count} relative links lead to files`
  return [
    {
      level: 'warning',
      text: `${subject} that the checkout does not contain: ${listSome(listed, MAX_LISTED_FILES)}.`,
      details: isOne
        ? []
        : files.map(({ file, links }) => `${file}: ${listSome(links, MAX_DETAILED_LINKS)}`)
    }
  ]
}

function linksOf(faults: readonly FaultyLink[], kind: LinkFault): string[] {
  const links = new Set(faults.filter(({ fault }) => fault === kind).map(({ link }) => link))
  return Array.from(links, (link) =>
    link.length <= MAX_LINK_LENGTH ? link : `${link.slice(0, MAX_LINK_LENGTH)}…`
  )
}

function listSome(items: readonly string[], max: number): string {
  const others = items.length - max
  return items.slice(0, max).join(', ') + (others > 0 ? ` and ${others} more` : '')
}
