import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureAction } from './action.ts'
import { startBenchEmulator } from './emulator.ts'
import type { BenchEmulator } from './emulator.ts'
import { measure } from './measure.ts'
import type { Measurement } from './measure.ts'
import type { Line } from './table.ts'

/**
 * The environment variable with the path of the reference's bundle, `dist/index.js` of a checkout of
 * https://github.com/aws-actions/amazon-ecr-login. This action is not published to a package registry.
 */
const PEER_VARIABLE = 'AMAZON_ECR_LOGIN'

/** Factor for the number of runs. Runs are short and vary more than a push. */
const MORE_RUNS = 5

/** Compares login with amazon-ecr-login: complete processes, the same emulator, and a `docker` that does nothing. */
export async function* benchLogin(runs: number): AsyncGenerator<Line> {
  const emulator = await startBenchEmulator()
  try {
    const ours: Measurement[] = []
    const peer: Measurement[] = []
    for (let run = 0; run < MORE_RUNS * runs; run++) {
      ours.push(await measureAction({ mode: 'login' }, emulator.env))
      peer.push(await measurePeerLogin(emulator))
      process.stderr.write('.')
    }
    const wall = (all: readonly Measurement[]): number[] => all.map((run) => run.wallSeconds)
    const peak = (all: readonly Measurement[]): number[] => all.map((run) => run.peakMiB)
    const peerName = 'amazon-ecr-login'
    yield* [
      {
        work: 'login: wall',
        ours: wall(ours),
        peer: wall(peer),
        peerName,
        unit: 's',
        target: 0.75
      },
      { work: 'login: peak memory', ours: peak(ours), peer: peak(peer), peerName, unit: 'MiB' }
    ]
  } finally {
    await emulator.stop()
  }
}

/** Measures amazon-ecr-login, with a `docker` that does nothing. */
export async function measurePeerLogin({ env }: BenchEmulator): Promise<Measurement> {
  const bundle = process.env[PEER_VARIABLE]
  if (!bundle) {
    throw new Error(
      `${PEER_VARIABLE} is not set. Set it to dist/index.js of a checkout of github.com/aws-actions/amazon-ecr-login.`
    )
  }
  const directory = await mkdtemp(join(tmpdir(), 'bench-login-'))
  try {
    await writeFile(join(directory, 'docker'), '#!/bin/sh\ncat >/dev/null </dev/null\n')
    await chmod(join(directory, 'docker'), 0o755)
    const path = `${directory}:${process.env.PATH ?? ''}`
    return await measurePeer(bundle, directory, { ...env, PATH: path })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function measurePeer(
  bundle: string,
  directory: string,
  env: Readonly<Record<string, string>>
): Promise<Measurement> {
  const files = ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'GITHUB_STEP_SUMMARY']
  const variables: Record<string, string> = { ...env, HOME: directory, RUNNER_TEMP: directory }
  for (const name of files) {
    variables[name] = join(directory, name)
    await writeFile(join(directory, name), '')
  }
  return measure({
    program: process.execPath,
    args: [bundle],
    cwd: directory,
    env: {
      ...variables,
      AWS_REGION: 'us-east-1',
      'INPUT_REGISTRY-TYPE': 'public',
      'INPUT_MASK-PASSWORD': 'true',
      'INPUT_SKIP-LOGOUT': 'false'
    }
  })
}
