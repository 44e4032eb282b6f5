/** An alternative of a regular expression, and the expression without the other alternatives. */
export interface ExpressionAlternative {
  readonly text: string
  readonly variant: string
}

/** An alternative of the source, from `start` to `end`. */
interface Alternative {
  readonly start: number
  end: number
  readonly groups: Group[]
}

/** A group of the source, or the source itself. */
interface Group {
  /** The position of the opening parenthesis. */
  readonly open: number
  /** The position of the closing parenthesis. */
  close: number
  readonly alternatives: Alternative[]
}

/** One element of the syntax: an escape, a quoted text, a character class, or any other character. */
const ELEMENT = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\[:\^?\w+:\]|\\[\s\S]|[^\]\\])*\]|[\s\S]/g

/** The beginning of a group that does not capture, or that has a name. */
const GROUP_PREFIX = /\?(?:P?<\w+>|[imsU-]*:)/y

/** Anchors and flags match no characters, so that a group between them is the whole pattern. */
const ANCHORS = /^(?:[\^$]|\(\?[imsU-]+\))*$/

/**
 * Lists the alternatives of a regular expression that are patterns of their own, such as `v1` and `v2` in `^(v1|v2)$`.
 * Alternatives of a part, such as the ones in `v1(-|$)`, and alternatives of anchors only are missing.
 *
 * @param source a valid regular expression with the syntax of RE2
 */
export function listAlternatives(source: string): ExpressionAlternative[] {
  return listWithin(source, parseGroups(source), '', '')
}

/** Lists the alternatives of a group that is the whole pattern between `before` and `after`. */
function listWithin(
  source: string,
  { alternatives }: Group,
  before: string,
  after: string
): ExpressionAlternative[] {
  return alternatives.flatMap(({ start, end, groups }): ExpressionAlternative[] => {
    const text = source.slice(start, end)
    const isOwn = alternatives.length > 1 && !ANCHORS.test(text)
    const inner = groups.flatMap((group) => {
      const { open, close } = group
      const first = group.alternatives[0]?.start ?? close
      const isWhole =
        ANCHORS.test(source.slice(start, open)) && ANCHORS.test(source.slice(close + 1, end))
      if (!isWhole) return []
      return listWithin(
        source,
        group,
        before + source.slice(start, first),
        source.slice(close, end) + after
      )
    })
    return isOwn ? [{ text, variant: before + text + after }, ...inner] : inner
  })
}

/** Parses the source into groups and alternatives. */
function parseGroups(source: string): Group {
  const root = createGroup(-1, 0)
  const open = [root]
  const endAlternative = (group: Group, at: number): void => {
    const alternative = group.alternatives.at(-1)
    if (alternative !== undefined) alternative.end = at
  }
  let current = root
  for (const { 0: element, index } of source.matchAll(ELEMENT)) {
    if (element === '(') {
      GROUP_PREFIX.lastIndex = index + 1
      const start = index + 1 + (GROUP_PREFIX.exec(source)?.[0].length ?? 0)
      const group = createGroup(index, start)
      current.alternatives.at(-1)?.groups.push(group)
      open.push(group)
      current = group
    } else if (element === ')') {
      endAlternative(current, index)
      current.close = index
      open.pop()
      current = open.at(-1) ?? root
    } else if (element === '|') {
      endAlternative(current, index)
      current.alternatives.push({ start: index + 1, end: index + 1, groups: [] })
    }
  }
  endAlternative(root, source.length)
  return root
}

function createGroup(open: number, start: number): Group {
  return { open, close: start, alternatives: [{ start, end: start, groups: [] }] }
}
