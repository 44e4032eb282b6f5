import { problem } from '../../runner/errors.js'

/** The longest name, in characters, and its most parts: what Linux takes as a path, and deeper than any layout. */
const MAX_NAME_CHARACTERS = 4096
const MAX_NAME_PARTS = 64

/**
 * The one spelling of a member's name: without `./`, doubled or leading slashes, with `/` where Windows
 * wrote `\`. `undefined` where it is empty, leads out of the archive, or is longer than a path can be.
 */
export function normalizeName(name: string): string | undefined {
  if (name.length > MAX_NAME_CHARACTERS || name.includes('\0')) return undefined
  const parts = partsOf(name)
  if (parts.length === 0 || parts.length > MAX_NAME_PARTS || parts.includes('..')) return undefined
  return parts.join('/')
}

/**
 * The name that one file of an archive uses for another.
 *
 * @throws ActionError where it is absolute or leads out of the archive
 */
export function getNameInside(name: string, where: string): string {
  const normal = /^[/\\]/.test(name) ? undefined : normalizeName(name)
  if (normal !== undefined) return normal
  throw problem({
    what: `${where} names a file outside of the archive`,
    value: name,
    expected: `a path of at most ${MAX_NAME_CHARACTERS} characters below the root of the archive, without ".."`
  })
}

/**
 * What a symbolic link names, from the root of the archive.
 *
 * @param from the normal name of the link
 * @returns `undefined` where the target lies outside of the archive
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
