import type { Annotation } from './annotation.js'

/** The annotations of a repository. */
export interface RepositoryAnnotations {
  readonly repositoryName: string
  readonly annotations: readonly Annotation[]
}

/** All annotations of one kind. */
export interface AnnotationGroup {
  readonly level: Annotation['level']
  /** One line for all repositories that it concerns. */
  readonly text: string
  /** A line per repository, if `text` does not contain them all. */
  readonly details: readonly string[]
}

/** The maximum number of repositories that the line of a group names. */
const MAX_LISTED = 5

/**
 * Groups annotations by their kind, so that a run for hundreds of repositories has one annotation per kind.
 *
 * @param total the number of repositories of the run
 */
export function groupAnnotations(
  repositories: readonly RepositoryAnnotations[],
  total: number
): AnnotationGroup[] {
  const kinds = new Map<string, (Annotation & { readonly repositoryName: string })[]>()
  for (const { repositoryName, annotations } of repositories) {
    for (const annotation of annotations) {
      const kind = annotation.kind ?? annotation.text
      kinds.set(kind, [...(kinds.get(kind) ?? []), { ...annotation, repositoryName }])
    }
  }
  return [...kinds].map(([kind, found]): AnnotationGroup => {
    const texts = [...new Set(found.map(({ text }) => text))]
    const names = [...new Set(found.map(({ repositoryName }) => repositoryName))]
    const isOne = texts.length === 1
    const text = isOne ? (texts[0] ?? kind) : kind
    const isNamed = names.length === 1 && text.split(/\s/).includes(names[0] ?? '')
    const isClear = isOne && (names.length === total || isNamed)
    return {
      level: found.some(({ level }) => level === 'warning') ? 'warning' : 'notice',
      text: isClear ? text : `${text} ${listNames(names, total)}`,
      details: isOne && (isClear || names.length <= MAX_LISTED) ? [] : listDetails(found)
    }
  })
}

function listNames(names: readonly string[], total: number): string {
  const others = names.length - MAX_LISTED
  const listed = names.slice(0, MAX_LISTED).join(', ')
  const count = total === 1 ? 'Repository' : `${names.length} of ${total} repositories`
  return `${count}: ${listed}${others > 0 ? ` and ${others} more` : ''}.`
}

function listDetails(
  found: readonly { readonly repositoryName: string; readonly text: string }[]
): string[] {
  return [...new Set(found.map(({ repositoryName, text }) => `${repositoryName}: ${text}`))]
}
