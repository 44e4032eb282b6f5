import * as core from '@actions/core'
import { randomUUID } from 'node:crypto'
import { appendFileSync, closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Log } from './deps.js'
import { ActionError, messageOf } from './errors.js'
import type { Mode } from './inputs/input-specs.js'
import { makeDirectory } from './make-directory.js'
import type { OutputName } from './output-specs.js'
import { cutJsonList, MAX_OUTPUT_BYTES, planJson, planText } from './plan.js'
import type { Change } from './plan.js'
import { safeLine, safeLogText } from './safe-text.js'
import { renderSummary } from './summary.js'
import type { SummaryBlock } from './summary.js'

/** The value of an output. Lists and records are written as JSON. A long list creates its items each time that it is read. */
export type OutputValue =
  string | number | boolean | Iterable<unknown> | Readonly<Record<string, unknown>>

/** The result of a mode. A mode with a large plan creates its rows each time that they are read. */
export interface Report<Plan extends Iterable<Change> = readonly Change[]> {
  /** `true` if the step changed something, or would without `dry-run`. */
  readonly changed: boolean
  /** All rows, including those with action `keep`. */
  readonly plan: Plan
  /** The names of the repositories that the step processed. `undefined` in mode login. */
  readonly repositories?: readonly string[] | undefined
  /** The outputs of this mode. */
  readonly outputs: Readonly<Partial<Record<OutputName, OutputValue>>>
  readonly summary: readonly SummaryBlock[]
  /** The error message if a part of the work failed. The step fails after the report is written. */
  readonly failure?: string | undefined
}

/**
 * Writes the outputs, the plan file and the job summary. If the plan file or the summary cannot be written, only a warning
 * is logged, because the changes were already made.
 */
export async function writeReport(
  mode: Mode,
  dryRun: boolean,
  report: Report<Iterable<Change>>
): Promise<void> {
  const planFile = await writePlanFile(report.plan)
  const plan = planJson(report.plan)
  if (plan.isCut) {
    const whole = planFile === undefined ? '' : ` The whole plan is in ${planFile}`
    core.info(`Output "plan" is incomplete because of its size.${whole}`)
  }
  core.setOutput('changed', String(report.changed))
  core.setOutput('plan', plan.json)
  core.setOutput('plan-file', planFile ?? '')
  if (report.repositories !== undefined) {
    core.setOutput('repositories', cutJsonList(report.repositories))
  }
  for (const [name, value] of Object.entries(report.outputs)) {
    core.setOutput(name, outputText(value))
  }
  writeSummary(mode, dryRun, report)
  core.info(
    dryRun ? `changed: ${String(report.changed)} (dry run)` : `changed: ${String(report.changed)}`
  )
  if (report.failure !== undefined) fail(report.failure)
}

function outputText(value: OutputValue): string {
  if (typeof value !== 'object') return String(value)
  return Symbol.iterator in value ? cutJsonList(value) : cutJsonRecord(value)
}

/** Returns the record as JSON. If it is too large for an output, a last entry counts the entries that are left out. */
function cutJsonRecord(record: Readonly<Record<string, unknown>>): string {
  const whole = JSON.stringify(record)
  if (Buffer.byteLength(whole) <= MAX_OUTPUT_BYTES) return whole
  const kept: Record<string, unknown> = {}
  let available = MAX_OUTPUT_BYTES - 100
  const entries = Object.entries(record)
  for (const [at, [key, value]] of entries.entries()) {
    available -= Buffer.byteLength(JSON.stringify({ [key]: value }))
    if (available < 0) {
      kept[`… and ${String(entries.length - at)} more`] = []
      break
    }
    kept[key] = value
  }
  return JSON.stringify(kept)
}

/**
 * Writes the plan file. It exists until the end of the job, when the runner empties `RUNNER_TEMP`.
 *
 * @returns its path, or `undefined` if it could not be written
 */
async function writePlanFile(plan: Iterable<Change>): Promise<string | undefined> {
  const directory = process.env.RUNNER_TEMP || tmpdir()
  const path = join(directory, `ecr-public-plan-${randomUUID()}.json`)
  try {
    await makeDirectory(directory)
    writePieces(path, planText(plan))
    return path
  } catch (error) {
    const what = `The plan file could not be written: ${messageOf(error)}`
    core.warning(
      safeLine(`${what}. Check that RUNNER_TEMP is a writable directory with free space.`)
    )
    return undefined
  }
}

/** Writes a new file that only its owner can read. A file that cannot be written completely is removed. */
function writePieces(path: string, pieces: Iterable<string>): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    for (const piece of pieces) writeFileSync(file, piece)
  } catch (error) {
    rmSync(path)
    throw error
  } finally {
    closeSync(file)
  }
}

function writeSummary(mode: Mode, dryRun: boolean, report: Report<Iterable<Change>>): void {
  const file = process.env.GITHUB_STEP_SUMMARY
  if (!file) return
  const title = `ECR Public: ${mode}${dryRun ? ' (dry run)' : ''}`
  try {
    appendFileSync(file, `${renderSummary(title, report.summary)}\n`)
  } catch (error) {
    core.warning(safeLine(`The job summary could not be written: ${messageOf(error)}`))
  }
}

/** Fails the step with one error line, and logs the details and causes below it. */
export function reportFailure(thrown: unknown): void {
  const isExpected = thrown instanceof ActionError
  fail(isExpected ? thrown.message : `Unexpected error: ${messageOf(thrown)}`)
  if (isExpected && thrown.details !== undefined) core.info(safeLogText(thrown.details))
  for (const cause of causesOf(thrown)) {
    const message = messageOf(cause)
    if (!isExpected || !thrown.message.includes(message)) {
      core.info(safeLogText(`Caused by: ${message}`))
    }
  }
  if (thrown instanceof Error && thrown.stack !== undefined) core.debug(safeLogText(thrown.stack))
}

function fail(message: string): void {
  core.setFailed(safeLine(message))
}

/** The maximum number of causes to log. A chain is endless if an error is its own cause. */
const MAX_CAUSES = 8

function causesOf(thrown: unknown): unknown[] {
  const causes: unknown[] = []
  let cause = thrown instanceof Error ? thrown.cause : undefined
  while (cause !== undefined && causes.length < MAX_CAUSES) {
    causes.push(cause)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return causes
}

/** Masks a secret in all later lines of the log. The runner masks by line, so each line of the secret is masked. */
export function mask(secret: string): void {
  for (const line of secret.split(/\r?\n/)) if (line.trim() !== '') core.setSecret(line)
}

/** Creates the log of the step. */
export function createLog(): Log {
  return {
    info: (message) => core.info(safeLogText(message)),
    notice: (message) => core.notice(safeLine(message)),
    warning: (message) => core.warning(safeLine(message)),
    debug: (message) => core.debug(safeLogText(message)),
    group: (title, body) => core.group(safeLine(title), body)
  }
}
