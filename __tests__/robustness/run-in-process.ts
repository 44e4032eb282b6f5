import type { Deps } from '../../src/runner/deps.js'
import { explainError } from '../../src/ecr-public/explain-error.js'
import type { SenderOptions } from '../../src/http/request-sender.js'
import { messageOf } from '../../src/runner/errors.js'
import type { Inputs } from '../../src/runner/inputs/inputs.js'
import { readInputs } from '../../src/runner/inputs/inputs.js'
import { runCleanup } from '../helpers/run-cleanup.js'
import { ensureRepo } from '../../src/ensure-repo/ensure-repo.js'
import { login } from '../../src/login/login.js'
import { pushTar } from '../../src/push-tar/push-tar.js'
import { syncCatalog } from '../../src/sync-catalog/sync-catalog.js'
import type { Report } from '../../src/runner/report.js'
import { makeDeps } from '../helpers/make-deps.js'
import { afterBusyTime } from './busy-time.js'
import type { StepRun } from './scenarios.js'

/**
 * Runs a step within this process: the real modes with the real clients over HTTP, as `main.ts` runs them, but
 * without the start of a process, the waits between attempts and the rates that the service asks for. That makes
 * thousands of runs possible.
 *
 * @param limitMs after which the run counts as hanging
 * @throws Error if it hangs
 */
export async function runInProcess(
  texts: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  limitMs: number,
  senderOptions: SenderOptions = {}
): Promise<StepRun> {
  const inputs = readInputs({}, (name) => texts[name] ?? '')
  const hanging = new AbortController()
  const { signal } = hanging
  const stop = afterBusyTime(limitMs, () => hanging.abort(new Error('hanging')))
  const deps = makeDeps({ env }, { maxAttempts: inputs.maxAttempts, signal, senderOptions })
  try {
    const report = await runMode(inputs, deps)
    const failed = report.failure !== undefined
    const errors = report.failure === undefined ? [] : [report.failure]
    return { exitCode: failed ? 1 : 0, errors, outputs: outputsOf(report) }
  } catch (error) {
    if (signal.aborted) throw new Error(`The run took more than ${limitMs} ms`, { cause: error })
    const explained = explainError(ofThisRealm(error), { mode: inputs.mode, env })
    const message = explained?.message ?? `Unexpected error: ${stackOf(error)}`
    return { exitCode: 1, errors: [message], outputs: {} }
  } finally {
    stop()
  }
}

function runMode(inputs: Inputs, deps: Deps): Promise<Report> {
  switch (inputs.mode) {
    case 'login':
      return login(inputs, deps)
    case 'ensure-repo':
      return ensureRepo(inputs, deps)
    case 'sync-catalog':
      return syncCatalog(inputs, deps)
    case 'push-tar':
      return pushTar(inputs, deps)
    case 'cleanup-tags':
      return runCleanup(inputs, deps)
  }
}

function outputsOf(report: Report): Record<string, string> {
  const all = { changed: report.changed, plan: report.plan, ...report.outputs }
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value)
    ])
  )
}

/**
 * Errors of Node.js are of another realm than the tests that jest runs, and no `Error` to the SDK, which wraps
 * them in one without their code. Nothing of the kind happens to the bundle.
 */
function ofThisRealm(error: unknown): unknown {
  const code = /^AWS SDK error wrapper for .*\b(E[A-Z]{4,})\b/.exec(messageOf(error))?.[1]
  return code === undefined ? error : Object.assign(new Error(messageOf(error)), { code })
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
}
