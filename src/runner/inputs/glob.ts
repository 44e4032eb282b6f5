import { problem } from '../errors.js'
import type { ActionError } from '../errors.js'
import { GlobSyntaxError, parseGlob } from './parse-glob.js'
import type { CharacterTest, GlobElement } from './parse-glob.js'

/** Returns `true` if a text matches as a whole. */
export type TextMatcher = (text: string) => boolean

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The characters that a tag can begin with, and all characters of a tag (OCI distribution specification). */
export const FIRST_TAG_CHARACTERS: readonly string[] = Array.from(`${LETTERS}0123456789_`)
export const TAG_CHARACTERS: readonly string[] = [...FIRST_TAG_CHARACTERS, '.', '-']

/** The reason for an error about a pattern that does not match any tag. */
export const NO_TAG_MATCHES =
  'No tag can match it: a tag begins with a letter, a digit or "_", and contains only these, "." and "-".'

/** The maximum length of a glob, in characters. Names of repositories have at most 205, tags 128. */
export const MAX_PATTERN_CHARACTERS = 500

/**
 * Compiles a glob for tags.
 *
 * @param what the input that contains the glob, for errors
 * @param scope `part` for a glob that matches only a part of a tag, which can begin with any character of a tag
 * @throws ActionError if the glob or one of its alternatives cannot match a tag
 */
export function compileTagGlob(
  glob: string,
  what: string,
  scope: 'tag' | 'part' = 'tag'
): TextMatcher {
  const invalid = (reason: string, fix?: string): ActionError =>
    problem({ what: `${what} has an invalid pattern`, value: glob, reason, fix })
  if (glob.startsWith('!')) {
    const fix = 'List the tags to keep in the input "exclude-tags".'
    throw invalid('A pattern cannot begin with "!".', fix)
  }
  const elements = parseElements(glob, what, false)
  const [stray] = /[^\w.\-*?[\]{},\\!]/u.exec(glob) ?? []
  if (stray !== undefined) {
    const fix = 'Write a regular expression between slashes, such as /^v\\d+$/.'
    throw invalid(`A tag cannot contain the character ${JSON.stringify(stray)}.`, fix)
  }
  const first = scope === 'tag' ? FIRST_TAG_CHARACTERS : TAG_CHARACTERS
  if (!canMatch(elements, first, TAG_CHARACTERS)) {
    throw invalid(NO_TAG_MATCHES, 'Write a regular expression between slashes, such as /-rc/.')
  }
  // An empty alternative only makes the others optional.
  const useless = listVariants(elements).find(
    ({ text, variant }) => text !== '' && !canMatch(variant, first, TAG_CHARACTERS)
  )
  if (useless === undefined) return createMatcher(elements)
  const alternative = `It has the alternative ${JSON.stringify(useless.text)}.`
  const fix = 'Remove it, or write a regular expression between slashes, such as /-rc/.'
  throw invalid(`${alternative} ${NO_TAG_MATCHES}`, fix)
}

/**
 * Compiles a glob for repository names, in which `/` separates segments.
 *
 * @param text the line of the input, for errors
 * @throws ActionError if the glob cannot match a repository name
 */
export function compileRepositoryGlob(glob: string, text = glob): TextMatcher {
  const elements = parseElements(glob, 'Input "repository"', true, text)
  const [stray] = /[^a-z\d_.\-/*?[\]{},\\!]/u.exec(glob) ?? []
  if (stray === undefined) return createMatcher(elements)
  throw problem({
    what: 'Input "repository" has an invalid pattern',
    value: text,
    reason: `A repository name cannot contain the character ${JSON.stringify(stray)}.`
  })
}

/** Returns `true` if the text has a special character of a glob. */
export function isGlob(text: string): boolean {
  return /[*?[{\\]/.test(text)
}

/** Compiles a pattern in which only `*` is special, as in lifecycle policies. */
export function compileWildcards(pattern: string): TextMatcher {
  return createMatcher(
    Array.from(pattern, (character) =>
      character === '*'
        ? { kind: 'run', accepts: () => true }
        : { kind: 'one', accepts: (candidate) => candidate === character }
    )
  )
}

function parseElements(
  glob: string,
  what: string,
  hasSegments: boolean,
  text = glob
): readonly GlobElement[] {
  try {
    if (glob.length > MAX_PATTERN_CHARACTERS) {
      throw new GlobSyntaxError(`The pattern has more than ${MAX_PATTERN_CHARACTERS} characters.`)
    }
    return parseGlob(glob, hasSegments)
  } catch (error) {
    if (!(error instanceof GlobSyntaxError)) throw error
    throw problem({ what: `${what} has an invalid pattern`, value: text, reason: error.message })
  }
}

/** A state of the automaton. A state without `accepts` consumes no character. */
interface State {
  readonly accepts?: CharacterTest
  readonly next: number[]
}

/** The states that the automaton can be in after some characters. */
interface StateSet {
  readonly members: readonly number[]
  readonly isFinal: boolean
  /** The following set per character, as far as it is known. */
  readonly next: Map<string, StateSet>
}

/** The index of the final state. */
const FINAL = 0

/** The maximum number of state sets to remember. Common patterns have fewer than ten. */
const MAX_STATE_SETS = 1000

/**
 * Creates a matcher that simulates a nondeterministic automaton. Its time is at most the product of both lengths, for
 * any pattern, while a backtracking regular expression takes exponential time for `*a*a*a*…`.
 */
function createMatcher(elements: readonly GlobElement[]): TextMatcher {
  const states: State[] = [{ next: [] }]
  const start = addStates(states, elements, FINAL)
  const expand = createExpander(states)
  const known = new Map<string, StateSet>()
  const remember = (members: readonly number[]): StateSet => {
    const key = members.join()
    const set = known.get(key) ?? { members, isFinal: members.includes(FINAL), next: new Map() }
    known.set(key, set)
    return set
  }
  const advance = (set: StateSet, character: string): StateSet => {
    const accepting = set.members.flatMap((index) => states[index] ?? [])
    const reached = accepting.flatMap(({ accepts, next }) => (accepts?.(character) ? next : []))
    const following = remember(expand(reached))
    set.next.set(character, following)
    return following
  }
  let initial = remember(expand([start]))
  return (text) => {
    if (known.size > MAX_STATE_SETS) {
      known.clear()
      initial = remember(expand([start]))
    }
    let set = initial
    for (const character of text) {
      set = set.next.get(character) ?? advance(set, character)
      if (set.members.length === 0) return false
    }
    return set.isFinal
  }
}

/** Returns whether some text that consists of these characters matches. */
function canMatch(
  elements: readonly GlobElement[],
  first: readonly string[],
  others: readonly string[]
): boolean {
  const states: State[] = [{ next: [] }]
  const start = addStates(states, elements, FINAL)
  const expand = createExpander(states)
  const follow = (from: readonly number[], characters: readonly string[]): number[] =>
    expand(
      from.flatMap((index) => {
        const { accepts, next = [] } = states[index] ?? {}
        return accepts !== undefined && characters.some(accepts) ? next : []
      })
    )
  const reached = new Set(follow(expand([start]), first))
  for (const index of reached) for (const next of follow([index], others)) reached.add(next)
  return reached.has(FINAL)
}

/** Lists, for each alternative in a glob, the glob without the other alternatives at its place. */
function listVariants(
  elements: readonly GlobElement[]
): { readonly text: string; readonly variant: readonly GlobElement[] }[] {
  return elements.flatMap((element, at) => {
    if (element.kind !== 'alternatives') return []
    const [before, after] = [elements.slice(0, at), elements.slice(at + 1)]
    return element.alternatives.flatMap(({ text, elements: chosen }) => [
      { text, variant: [...before, ...chosen, ...after] },
      ...listVariants(chosen).map((inner) => ({
        text: inner.text,
        variant: [...before, ...inner.variant, ...after]
      }))
    ])
  })
}

/** Adds the states of the elements, which continue at the state `end`, and returns the first one. */
function addStates(states: State[], elements: readonly GlobElement[], end: number): number {
  return elements.reduceRight((next, element) => {
    switch (element.kind) {
      case 'one':
        return states.push({ accepts: element.accepts, next: [next] }) - 1
      case 'run': {
        const repeat: State = { accepts: element.accepts, next: [] }
        const choice: State = { next: [states.push(repeat) - 1, next] }
        repeat.next.push(states.push(choice) - 1)
        return states.length - 1
      }
      case 'alternatives': {
        const first = element.alternatives.map((alternative) =>
          addStates(states, alternative.elements, next)
        )
        return states.push({ next: first }) - 1
      }
    }
  }, end)
}

/** Returns a function that adds, to a list of states, the states that they reach without a character. */
function createExpander(states: readonly State[]): (from: readonly number[]) => number[] {
  const visits = new Uint32Array(states.length)
  let visit = 0
  return (from) => {
    visit++
    const pending = [...from]
    const reached: number[] = []
    for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
      if (visits[index] === visit) continue
      visits[index] = visit
      const state = states[index]
      if (state?.accepts === undefined && index !== FINAL) pending.push(...(state?.next ?? []))
      else reached.push(index)
    }
    return reached.sort((a, b) => a - b)
  }
}
