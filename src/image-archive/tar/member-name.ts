import { problem } from '../../runner/errors.js'

/** The maximum length of a path on Linux (PATH_MAX). */
const MAX_NAME_CHARACTERS = 4096
/** The maximum number of path components. Image archives use fewer than ten. */
const MAX_NAME_PARTS = 64

/**
 * Normalizes the name of a member: removes `./` and redundant slashes, and replaces the `\` of Windows by `/`. Returns
 * `undefined` if the name is empty, points outside the archive or is too long.
 */
export function normalizeName(name: string): string | undefined {
  if (name.length > MAX_NAME_CHARACTERS || name.includes('\0')) return undefined
  const parts = partsOf(name)
  if (parts.length === 0 || parts.length > MAX_NAME_PARTS || parts.includes('..')) return undefined
  return parts.join('/')
}

/**
 * Normalizes the name by which a file of an archive refers to another one.
 *
 * @param namedBy the position of the name, for errors: a file and a member of its JSON
 * @throws ActionError if the name is absolute or points outside the archive
 */
export function getNameInside(name: string, namedBy: string): string {
  const normal = /^[/\\]/.test(name) ? undefined : normalizeName(name)
  if (normal !== undefined) return normal
  throw problem({
    what: `${namedBy} refers to a file outside the archive`,
    value: name,
    expected: `The path must be relative to the root of the archive, without "..", and have at most ${MAX_NAME_CHARACTERS} characters.`
  })
}

/**
 * Returns the name of the target of a symbolic link.
 *
 * @param from the normalized name of the link
 * @returns `undefined` if the target is outside the archive
 */
export function resolveLink(from: string, target: string): string | undefined {
  if (/^[/\\]/.test(target) || target.length > MAX_NAME_CHARACTERS) return undefined
  const parts = from.split('/').slice(0, -1)
  for (const part of partsOf(target)) {
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return normalizeName(parts.join('/'))
}

function partsOf(name: string): string[] {
  return name
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
}
