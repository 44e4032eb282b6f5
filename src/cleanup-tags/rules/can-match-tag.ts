import type { RE2JS } from 're2js'
import { FIRST_TAG_CHARACTERS, TAG_CHARACTERS } from '../../runner/inputs/glob.js'

/** One instruction of a program of RE2 (https://swtch.com/~rsc/regexp/regexp3.html). */
interface Instruction {
  readonly op: number
  readonly out: number
  readonly arg: number
  matchRune(codePoint: number): boolean
}

/** A program that RE2JS compiles an expression to. RE2JS does not document it, so a test holds its form. */
interface Program {
  readonly inst: readonly Instruction[]
  readonly start: number
}

/** Instructions of RE2JS. */
const OP = {
  alt: 1,
  altMatch: 2,
  capture: 3,
  emptyWidth: 4,
  match: 6,
  nop: 7,
  rune: 8,
  lastRune: 11
}

/** Conditions of an instruction without a character: the begin and the end of the line or of the text. */
const BEGIN = 1 | 4
const END = 2 | 8

/** A place in the program. */
interface Place {
  readonly at: number
  /** Whether no character of the tag has been read. */
  readonly isBegin: boolean
  /** Whether no character can follow. */
  readonly isEnd: boolean
}

/**
 * Returns `false` if a compiled regular expression does not match anywhere in any tag, such as `/^\.rc/`. Word boundaries
 * are assumed to match.
 */
export function canMatchTag({ re2Input }: Pick<RE2JS, 're2Input'>): boolean {
  const { inst, start } = re2Input.prog as Program
  const places: Place[] = [
    { at: start, isBegin: true, isEnd: false },
    { at: start, isBegin: false, isEnd: false }
  ]
  const seen = new Set<string>()
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    const key = `${place.at} ${place.isBegin} ${place.isEnd}`
    const instruction = inst[place.at]
    if (seen.has(key) || instruction === undefined) continue
    seen.add(key)
    if (instruction.op === OP.match && !(place.isBegin && place.isEnd)) return true
    places.push(...listNext(instruction, place))
  }
  return false
}

function listNext(instruction: Instruction, place: Place): Place[] {
  const { op, out, arg } = instruction
  const { isBegin, isEnd } = place
  if (op === OP.alt || op === OP.altMatch) return [out, arg].map((at) => ({ ...place, at }))
  if (op === OP.capture || op === OP.nop) return [{ ...place, at: out }]
  if (op === OP.emptyWidth) {
    if ((arg & BEGIN) !== 0 && !isBegin) return []
    return [{ at: out, isBegin, isEnd: isEnd || (arg & END) !== 0 }]
  }
  if (op < OP.rune || op > OP.lastRune || isEnd) return []
  const characters = isBegin ? FIRST_TAG_CHARACTERS : TAG_CHARACTERS
  const accepts = (character: string): boolean => {
    return op > OP.rune + 1 || instruction.matchRune(character.charCodeAt(0))
  }
  return characters.some(accepts) ? [{ at: out, isBegin: false, isEnd }] : []
}
