import { SWITCHES } from '../../src/emulator/options.js'
import type { SwitchName } from '../../src/emulator/options.js'
import { Live, messageOf } from './live.ts'
import type { LiveOptions } from './live.ts'
import { QUESTIONS } from './questions/questions.ts'

/** The answer to one question. */
export interface Answer {
  readonly name: SwitchName
  /** The value of the switch, or a text that begins with `other:`, `not asked:` or `failed:`. */
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
  names: readonly SwitchName[] = Object.keys(QUESTIONS) as SwitchName[]
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

async function ask(live: Live, name: SwitchName): Promise<string> {
  try {
    return await QUESTIONS[name](live)
  } catch (error) {
    return `failed: ${messageOf(error)}`
  }
}

/** Returns a Markdown table with one row `| switch | value |` per answer. */
export function answerTable(answers: readonly Answer[]): string {
  const row = (...cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
  return [
    row('switch', 'value'),
    row('---', '---'),
    ...answers.map(({ name, value }) => row(name, value))
  ].join('\n')
}

/** Lists the answers that differ from the default of the emulator. */
export function listDifferences(answers: readonly Answer[]): string[] {
  return answers
    .filter(({ name, value }) => SWITCHES[name][0] !== value)
    .map(
      ({ name, value }) =>
        `${name} is "${value}", the default of the emulator is "${SWITCHES[name][0]}"`
    )
}
