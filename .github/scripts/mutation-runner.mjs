// Runs the tests for Stryker in one process. Its Jest runner loads all modules again for each mutant, which takes seconds.
// This one loads the sources once, and only the test files again, with the test framework and the matchers of Jest.

import { existsSync, globSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { jestExpect } from '@jest/expect'
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult
} from '@stryker-mutator/api/test-runner'
import circus, { addEventHandler, getState, resetState, run } from 'jest-circus'
import { ModuleMocker } from 'jest-mock'

const SETUP_FILE = '__tests__/helpers/seed-properties.ts'
const TEST_TIMEOUT_MS = 60_000
const TEST_MODULE = /\/__tests__\/.*\.ts$/

/** Replaces the module that only Jest's own runner can load. */
const JEST_GLOBALS = 'data:text/javascript,export const { jest } = globalThis'

// The sources import `.js` files, which are `.ts` files before the build. A module of `__tests__` has the query of the
// test file that imports it, so that helpers register their hooks for each run.
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@jest/globals') return next(JEST_GLOBALS, context)
    const isOwn = specifier.startsWith('.') && specifier.endsWith('.js')
    if (!isOwn || context.parentURL === undefined) return next(specifier, context)
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL)
    if (!existsSync(url)) return next(specifier, context)
    if (TEST_MODULE.test(url.pathname)) url.search = new URL(context.parentURL).search
    return next(url.href, context)
  }
})

/** Shared with the mutated code: the active mutant, the current test, and the mutants that each test reaches. */
const instrumenter = (globalThis.__stryker__ = {})

let runs = 0

class InProcessRunner {
  constructor() {
    const patterns = process.env.MUTATION_TESTS.split(' ')
    this.testFiles = patterns.flatMap((pattern) => globSync(pattern).sort())
    const { describe, test, it, beforeAll, beforeEach, afterAll, afterEach } = circus
    const jest = new ModuleMocker(globalThis)
    const hooks = { beforeAll, beforeEach, afterAll, afterEach }
    Object.assign(globalThis, { describe, test, it, ...hooks, jest, expect: jestExpect })
    for (const event of ['uncaughtException', 'unhandledRejection']) {
      process.on(event, (error) => getState().unhandledErrors.push(error))
    }
  }

  capabilities() {
    return { reloadEnvironment: false }
  }

  async dryRun() {
    const result = await this.#runFiles(undefined)
    return { ...result, mutantCoverage: instrumenter.mutantCoverage }
  }

  async mutantRun({ activeMutant, testFilter, hitLimit, mutantActivation, disableBail }) {
    const activate = () => (instrumenter.activeMutant = activeMutant.id)
    instrumenter.hitLimit = hitLimit
    instrumenter.hitCount = hitLimit === undefined ? undefined : 0
    if (mutantActivation === 'static') activate()
    try {
      const result = await this.#runFiles(testFilter && new Set(testFilter), activate)
      return toMutantRunResult(result, disableBail)
    } finally {
      instrumenter.activeMutant = undefined
    }
  }

  /** Runs the selected tests of all files until the first one fails. `activate` is called when a file is loaded. */
  async #runFiles(selected, activate) {
    const tests = []
    for (const file of this.testFiles) {
      if (selected !== undefined && ![...selected].some((id) => id.startsWith(`${file}#`))) continue
      let results
      try {
        results = await runFile(file, selected, activate)
      } catch (error) {
        return { status: DryRunStatus.Error, errorMessage: String(error.stack ?? error) }
      }
      const reached = determineHitLimitReached(instrumenter.hitCount, instrumenter.hitLimit)
      if (reached !== undefined) return reached
      tests.push(...results)
      if (results.some(({ status }) => status === TestStatus.Failed)) break
    }
    return { status: DryRunStatus.Complete, tests }
  }
}

async function runFile(file, selected, activate) {
  resetState()
  const state = getState()
  state.testTimeout = TEST_TIMEOUT_MS
  const query = `?run=${++runs}`
  for (const path of [SETUP_FILE, file]) await import(pathToFileURL(path).href + query)
  for (const test of listTests(state.rootDescribeBlock)) {
    test.id = `${file}#${fullNameOf(test)}`
    if (selected !== undefined && !selected.has(test.id)) test.mode = 'skip'
  }
  activate?.()
  const { testResults, unhandledErrors } = await run()
  const results = testResults.map(({ testPath, status, errors, duration }) => {
    const name = testPath.slice(1).join(' ')
    const base = { id: `${file}#${name}`, name, fileName: file, timeSpentMs: duration ?? 0 }
    if (status !== 'done') return { ...base, status: TestStatus.Skipped }
    if (errors.length === 0) return { ...base, status: TestStatus.Success }
    return { ...base, status: TestStatus.Failed, failureMessage: errors.join('\n') }
  })
  if (unhandledErrors.length === 0) return results
  const [first] = results
  return [{ ...first, status: TestStatus.Failed, failureMessage: String(unhandledErrors[0]) }]
}

function listTests({ children }) {
  return children.flatMap((child) => (child.type === 'test' ? [child] : listTests(child)))
}

function fullNameOf({ parent, name }) {
  return parent === undefined || parent.name === 'ROOT_DESCRIBE_BLOCK'
    ? name
    : `${fullNameOf(parent)} ${name}`
}

addEventHandler(({ name, test }) => {
  if (name === 'test_start') {
    instrumenter.currentTestId = test.id
    jestExpect.setState({ currentTestName: test.name, testPath: test.id })
  } else if (name === 'test_done') {
    instrumenter.currentTestId = undefined
    if (test.errors.length === 0) return
    // The mutant is detected, so the other tests are not needed.
    for (const other of listTests(getState().rootDescribeBlock)) other.mode = 'skip'
  }
})

export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)
]
