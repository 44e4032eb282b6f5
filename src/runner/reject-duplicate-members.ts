import { visit } from 'jsonc-parser'

/**
 * Returns the first name that an object of a JSON text contains twice, or `undefined`. `JSON.parse` keeps only the last
 * value without an error.
 *
 * @param text valid JSON
 */
export function findDuplicateMember(text: string): string | undefined {
  const objects: Set<string>[] = []
  let duplicate: string | undefined
  visit(text, {
    onObjectBegin: () => void objects.push(new Set()),
    onObjectEnd: () => void objects.pop(),
    onObjectProperty: (name) => {
      const names = objects.at(-1)
      if (names?.has(name) === true) duplicate ??= name
      names?.add(name)
    }
  })
  return duplicate
}
