import { problem } from '../errors.js'
import { GlobSyntaxError, parseGlob } from './parse-glob.js'
import type { CharacterTest, GlobElement } from './parse-glob.js'

/** Returns `true` if a text matches as a whole. */
export type TextMatcher = (text: string) => boolean

/** The maximum length of a glob, in characters. Names of repositories have at most 205, tags 128. */
const MAX_PATTERN_CHARACTERS = 500

/**
 * Compiles a glob for tags.
 *
 * @param what the input that contains the glob, for errors
 * @throws ActionError if the glob cannot match a tag
 */
export function compileTagGlob(glob: string, what: string): TextMatcher {
  if (glob.startsWith('!')) {
    throw problem({
      what: `${what} has an invalid pattern`,
      value: glob,
      reason: 'A pattern cannot begin with "!".',
      fix: 'List the tags to keep in the input "exclude-tags".'
    })
  }
  const matches = compileGlob(glob, what, false)
  const [stray] = /[^\w.\-*?[\]{},\\!]/u.exec(glob) ?? []
  if (stray === undefined) return matches
  throw problem({
    what: `${what} has an invalid pattern`,
    value: glob,
    reason: `A tag cannot contain the character ${JSON.stringify(stray)}.`,
    fix: 'Write a regular expression between slashes, such as /^v\\d+$/.'
  })
}

/**
 * Compiles a glob for repository names, in which `/` separates segments.
 *
 * @param text the line of the input, for errors
 * @throws ActionError if the glob cannot match a repository name
 */
export function compileRepositoryGlob(glob: string, text = glob): TextMatcher {
  const matches = compileGlob(glob, 'Input "repository"', true, text)
  const [stray] = /[^\w.\-/*?[\]{},\\!]/u.exec(glob) ?? []
  if (stray === undefined) return matches
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

function compileGlob(glob: string, what: string, hasSegments: boolean, text = glob): TextMatcher {
  try {
    if (glob.length > MAX_PATTERN_CHARACTERS) {
      throw new GlobSyntaxError(`The pattern has more than ${MAX_PATTERN_CHARACTERS} characters.`)
    }
    return createMatcher(parseGlob(glob, hasSegments))
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

/**
 * Creates a matcher that simulates a nondeterministic automaton. Its time is at most the product of both lengths, for
 * any pattern, while a backtracking regular expression takes exponential time for `*a*a*a*…`.
 */
function createMatcher(elements: readonly GlobElement[]): TextMatcher {
  const states: State[] = [{ next: [] }]
  const start = addStates(states, elements, 0)
  const expand = createExpander(states)
  const initial = expand([start])
  return (text) => {
    let current = initial
    for (const character of text) {
      const next: number[] = []
      for (const index of current) {
        const state = states[index]
        if (state?.accepts?.(character) === true) next.push(...state.next)
      }
      if (next.length === 0) return false
      current = expand(next)
    }
    return current.includes(0)
  }
}

/** Adds the states of the elements, which continue at the state `end`, and returns the first one. */
function addStates(states: State[], elements: readonly GlobElement[], end: number): number {
  return elements.reduceRight((next, element) => {
    switch (element.kind) {
      case 'one':
        return states.push({ accepts: element.accepts, next: [next] }) - 1
      case 'run': {
        const repeat: State = { accepts: element.accepts, next: [] }
        const index = states.push(repeat) - 1
        const choice = states.push({ next: [index, next] }) - 1
        repeat.next.push(choice)
        return choice
      }
      case 'alternatives':
        return (
          states.push({
            next: element.alternatives.map((alternative) => addStates(states, alternative, next))
          }) - 1
        )
    }
  }, end)
}

/** Returns a function that adds, to a list of states, the states that they reach without a character, each once. */
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
      if (state?.accepts === undefined && index !== 0) pending.push(...(state?.next ?? []))
      else reached.push(index)
    }
    return reached
  }
}
