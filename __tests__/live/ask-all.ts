import { SWITCHES } from '../../src/emulator/options.js'
import type { SwitchName } from '../../src/emulator/options.js'
import { Live, messageOf } from './live.ts'
import type { LiveOptions } from './live.ts'
import { OBSERVATIONS } from './questions/observations.ts'
import type { Question } from './questions/question.ts'
import { QUESTIONS } from './questions/questions.ts'

const ALL: Readonly<Record<string, Question>> = { ...QUESTIONS, ...OBSERVATIONS }

/** The answer to one question. */
export interface Answer {
  /** The name of a switch of the emulator, or of another observation. */
  readonly name: string
  /** The value of the switch, the observation, or a text that begins with `other:`, `not asked:` or `failed:`. */
  readonly value: string
}

/** The result of a run. */
export interface LiveResult {
  readonly answers: readonly Answer[]
  /** The failures of the deletion at the end. */
  readonly leftovers: readonly string[]
}

/**
 * Asks questions one after the other and deletes all repositories at the end, also if a question fails or the signal
 * ends the run.
 */
export async function askAll(
  options: LiveOptions & { readonly onAnswer?: (answer: Answer) => void } = {},
  names: readonly string[] = Object.keys(ALL)
): Promise<LiveResult> {
  const live = new Live(options)
  const answers: Answer[] = []
  try {
    for (const name of names) {
      if (options.signal?.aborted === true) break
      const answer = { name, value: await ask(live, name) }
      answers.push(answer)
      options.onAnswer?.(answer)
    }
  } catch (error) {
    await live.end()
    throw error
  }
  return { answers, leftovers: await live.end() }
}

async function ask(live: Live, name: string): Promise<string> {
  const question = ALL[name]
  if (question === undefined) throw new Error(`Unknown question: "${name}"`)
  try {
    return await question(live)
  } catch (error) {
    return `failed: ${messageOf(error)}`
  }
}

const isSwitch = (name: string): name is SwitchName => name in SWITCHES

/** Returns Markdown tables: one row `| switch | value |` per switch, and one row per other observation. */
export function answerTables(answers: readonly Answer[]): string {
  const row = (...cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
  const table = (title: string, rows: readonly Answer[]): string =>
    [
      row(title, 'value'),
      row('---', '---'),
      ...rows.map(({ name, value }) => row(name, value))
    ].join('\n')
  const switches = answers.filter(({ name }) => isSwitch(name))
  const others = answers.filter(({ name }) => !isSwitch(name))
  return `${table('switch', switches)}\n\n${table('observation', others)}`
}

/** Lists the switches whose value differs from the default of the emulator. */
export function listDifferences(answers: readonly Answer[]): string[] {
  return answers.flatMap(({ name, value }) => {
    const standard = isSwitch(name) ? SWITCHES[name][0] : value
    return standard === value
      ? []
      : [`${name} is "${value}", the default of the emulator is "${standard}"`]
  })
}
