import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startJob } from '../helpers/action-job.js'
import type { ActionRun } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { isSoak } from '../helpers/counts.js'

/** The number of concurrent jobs, each in its own processes. */
const JOBS = isSoak ? 50 : 10
const REGISTRIES = 5

const OTHERS = { 'ghcr.io': { auth: 'Z2g6eA==' }, 'docker.io': { auth: 'ZDp4' } }
const BEFORE = `{\n      "auths": ${JSON.stringify(OTHERS)},\n      "credsStore": "desktop"\n}\n`

/** Reads the file repeatedly until `stop` is called, as another program could. */
function watch(path: string): { readonly stop: () => Promise<number> } {
  const stopped = new AbortController()
  const reading = (async () => {
    let reads = 0
    while (!stopped.signal.aborted) {
      const { auths } = JSON.parse(await readFile(path, 'utf8'))
      expect(auths).toMatchObject(OTHERS)
      reads++
      await delay(1)
    }
    return reads
  })()
  reading.catch(() => undefined)
  return {
    stop: () => {
      stopped.abort()
      return reading
    }
  }
}

test(`${String(JOBS)} concurrent jobs with one credential file keep all other entries and delete their own`, async () => {
  const emulators: RunningEmulator[] = []
  for (let count = 0; count < REGISTRIES; count++) emulators.push(await startEmulator())
  const { home } = await startJob({})
  const file = join(home, '.docker', 'config.json')
  await mkdir(join(home, '.docker'))
  await writeFile(file, BEFORE)
  const watcher = watch(file)

  const runJob = async (number: number): Promise<ActionRun[]> => {
    const emulator = emulators[number % REGISTRIES]!
    const job = await startJob({ ...emulator.env, AWS_ACCESS_KEY_ID: `AKIA${number % 3}` }, home)
    const main = await job.main({ mode: 'login' })
    const { auths } = JSON.parse(await readFile(file, 'utf8'))
    expect(auths).toHaveProperty([emulator.host])
    return [main, await job.post(main)]
  }
  const runs = await Promise.all(Array.from({ length: JOBS }, (_, number) => runJob(number)))

  expect(await watcher.stop()).toBeGreaterThan(0)
  for (const run of runs.flat()) {
    expect([run.exitCode, run.errors, run.stderr]).toEqual([0, [], ''])
    expect(run.log).not.toContain('::warning::')
  }
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(JSON.parse(BEFORE))
  expect(await readdir(join(home, '.docker'))).toEqual(['config.json'])
}, 300_000)
