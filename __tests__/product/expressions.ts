import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import type { FunctionDefinition } from '@actions/expressions/funcs/info'

/** The contexts of an expression: `steps`, `env`, `runner`, … */
export type Contexts = Readonly<Record<string, unknown>>

/** The job status for `success()`, `failure()`, `cancelled()` and `always()`. */
export interface JobStatus {
  readonly failed: boolean
}

/** Replaces every `${{ … }}` by its value, as the runner does before a step starts. */
export function interpolate(text: string, contexts: Contexts, status: JobStatus): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    evaluate(expression, contexts, status).coerceString()
  )
}

/** Returns whether a step with this `if` condition runs. */
export function holds(
  condition: string | undefined,
  contexts: Contexts,
  status: JobStatus
): boolean {
  const expression = (condition ?? 'success()').trim().replace(/^\$\{\{(.*)\}\}$/s, '$1')
  const asksForStatus = /\b(success|failure|cancelled|always)\s*\(/.test(expression)
  const value = evaluate(
    asksForStatus ? expression : `success() && (${expression})`,
    contexts,
    status
  )
  return isTruthy(value)
}

function evaluate(expression: string, contexts: Contexts, status: JobStatus): data.ExpressionData {
  const { tokens } = new Lexer(expression.trim()).lex()
  const functions = statusFunctions(status)
  const known = new Parser(tokens, Object.keys(contexts), functions).parse()
  const context = toData(contexts) as data.Dictionary
  return new Evaluator(
    known,
    context,
    new Map(functions.map((definition) => [definition.name, definition]))
  ).evaluate()
}

function statusFunctions(status: JobStatus): FunctionDefinition[] {
  const values = {
    success: !status.failed,
    failure: status.failed,
    cancelled: false,
    always: true
  }
  return Object.entries(values).map(([name, value]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value)
  }))
}

function toData(value: unknown): data.ExpressionData {
  if (Array.isArray(value)) return new data.Array(...value.map(toData))
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, item]) => ({ key, value: toData(item) }))
    return new data.Dictionary(...pairs)
  }
  if (typeof value === 'boolean') return new data.BooleanData(value)
  if (typeof value === 'number') return new data.NumberData(value)
  return typeof value === 'string' ? new data.StringData(value) : new data.Null()
}

function isTruthy(value: data.ExpressionData): boolean {
  if (value instanceof data.BooleanData) return value.value
  if (value instanceof data.NumberData) return value.value !== 0
  if (value instanceof data.StringData) return value.value !== ''
  return !(value instanceof data.Null)
}
