import { problem } from '../errors.js'

/**
 * The one spelling of a member's name: without `./`, doubled or leading slashes, with `/` where Windows
 * wrote `\`. `undefined` where it is empty or leads out of the archive.
 */
export function normalizeName(name: string): string | undefined {
  const parts = partsOf(name)
  if (parts.length === 0 || parts.includes('..') || name.includes('\0')) return undefined
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
    allowed: 'a path below the root of the archive, without ".."'
  })
}

/**
 * What a symbolic link names, from the root of the archive.
 *
 * @param from the normal name of the link
 * @returns `undefined` where the target lies outside of the archive
 */
export function resolveLink(from: string, target: string): string | undefined {
  if (/^[/\\]/.test(target) || target.includes('\0')) return undefined
  const parts = from.split('/').slice(0, -1)
  for (const part of partsOf(target)) {
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.length === 0 ? undefined : parts.join('/')
}

function partsOf(name: string): string[] {
  return name
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '' && part !== '.')
}
