import { visit } from 'jsonc-parser'
import { problem } from './errors.js'

/**
 * Rejects a JSON text in which an object contains a member twice. `JSON.parse` keeps only the last one without an error:
 * without the first one, a policy could allow or select more than its author intends.
 *
 * @param text valid JSON
 * @param owner the subject of the error, such as `Input "policy"`
 * @throws ActionError that names the member
 */
export function rejectDuplicateMembers(text: string, owner: string): void {
  const value = findDuplicate(text)
  if (value === undefined) return
  throw problem({
    what: `${owner} contains a member twice in one object`,
    value,
    fix: 'Combine the two members, or remove one of them.'
  })
}

function findDuplicate(text: string): string | undefined {
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
