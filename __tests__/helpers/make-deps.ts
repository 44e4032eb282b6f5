import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deps, Log } from '../../src/runner/deps.js'
import { createEcrPublicClient } from '../../src/ecr-public/client.js'
import { execute } from '../../src/runner/exec.js'
import { createRegistry } from '../../src/registry-client/create-registry.js'
import type { RunningEmulator } from './start-emulator.js'

/** What a mode said, line by line, each with its level: `warning: …`. */
export interface TestDeps extends Deps {
  readonly lines: readonly string[]
  readonly masked: readonly string[]
  /** What was left for the post step, the last one last. */
  readonly loginStates: readonly string[]
}

const directories = new Set<string>()

/**
 * The real dependencies of a mode, pointed at an emulator: the SDK over HTTP, the registry client, no
 * stand-in for either. Time does not pass in `sleep`.
 */
export function makeDeps(
  emulator: Pick<RunningEmulator, 'env'>,
  overrides: Partial<Deps> & { readonly maxAttempts?: number } = {}
): TestDeps {
  const { maxAttempts = 5, ...replaced } = overrides
  const lines: string[] = []
  const masked: string[] = []
  const loginStates: string[] = []
  const say = (level: string) => (message: string) => void lines.push(`${level}: ${message}`)
  const log: Log = {
    info: say('info'),
    notice: say('notice'),
    warning: say('warning'),
    debug: say('debug'),
    group: async (title, body) => {
      lines.push(`group: ${title}`)
      return body()
    }
  }
  const env = { ...emulator.env, ...replaced.env }
  const signal = replaced.signal ?? new AbortController().signal
  const mask = (secret: string): void => void masked.push(secret)
  const sleep = replaced.sleep ?? (() => Promise.resolve())
  const now = replaced.now ?? (() => new Date())
  const random = replaced.random ?? (() => 0.5)
  const api =
    replaced.api ??
    createEcrPublicClient({
      maxAttempts,
      env,
      signal,
      log,
      // The SDK looks into the environment of the process, which tests of one file share.
      credentials: {
        accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
        secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? ''
      },
      backoff: () => 0,
      limitsRates: false
    })
  let directory: Promise<string> | undefined
  return {
    api,
    openRegistry: (host) =>
      Promise.resolve(
        createRegistry(
          host,
          { api, env, signal, log, mask, now, random, sleep },
          { limitsRates: false }
        )
      ),
    log,
    now,
    sleep,
    random,
    exec: execute,
    mask,
    saveLoginState: (text) => void loginStates.push(text),
    signal,
    temporaryDirectory: () => {
      directory ??= mkdtemp(join(tmpdir(), 'make-deps-')).then((path) => {
        directories.add(path)
        return path
      })
      return directory
    },
    ...replaced,
    env,
    lines,
    masked,
    loginStates
  }
}

afterAll(async () => {
  for (const path of directories) await rm(path, { recursive: true, force: true })
})
