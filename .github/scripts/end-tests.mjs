import { existsSync, readFileSync, rmSync } from 'node:fs'
import { findLeftovers, listPlaces } from './machine-state.mjs'

/** Runs after all tests: fails the run if it left something outside of its temporary directory. */
export default function endTests() {
  const { machine, directory, before } = globalThis.testRun
  const file = process.env.TEST_HOSTS_FILE
  const hosts = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  const leftovers = findLeftovers(before, listPlaces(machine), hosts)
  if (leftovers.length === 0) return
  throw new Error(`The tests left these files and entries behind:\n${leftovers.join('\n')}`)
}
