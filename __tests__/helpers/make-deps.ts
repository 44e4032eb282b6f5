import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Deps, Log } from '../../src/runner/deps.js'
import { getCallerAccount } from '../../src/ecr-public/caller-account.js'
import { createEcrPublicClient } from '../../src/ecr-public/client.js'
import { createRequestHandler } from '../../src/ecr-public/request-handler.js'
import { createRequestSender } from '../../src/http/request-sender.js'
import type { SenderOptions } from '../../src/http/request-sender.js'
import { execute } from '../../src/runner/exec.js'
import { createAccountToken } from '../../src/registry-client/account-token.js'
import { createRegistry } from '../../src/registry-client/create-registry.js'
import type { RunningEmulator } from './start-emulator.js'

/** The dependencies of a mode with a record of their use. */
export interface TestDeps extends Deps {
  /** The log, each line with its level: `warning: …`. */
  readonly lines: readonly string[]
  readonly masked: readonly string[]
  /** The saved states of the post step, in order. */
  readonly loginStates: readonly string[]
}

const directories = new Set<string>()

/**
 * Creates the dependencies of a mode for an emulator, with the real SDK and the real registry client. `sleep` resolves
 * immediately, and rates are not limited.
 */
export function makeDeps(
  emulator: Pick<RunningEmulator, 'env'>,
  overrides: Partial<Deps> & {
    readonly maxAttempts?: number
    readonly senderOptions?: SenderOptions
  } = {}
): TestDeps {
  const { maxAttempts = 5, senderOptions = {}, ...replaced } = overrides
  const lines: string[] = []
  const masked: string[] = []
  const loginStates: string[] = []
  const record = (level: string) => (message: string) => void lines.push(`${level}: ${message}`)
  const log: Log = {
    info: record('info'),
    notice: record('notice'),
    warning: record('warning'),
    debug: record('debug'),
    group: async (title, body) => {
      lines.push(`group: ${title}`)
      return body()
    }
  }
  // Policy files of tests are in the system's temporary directory.
  const env: Deps['env'] = { RUNNER_TEMP: tmpdir(), ...emulator.env, ...replaced.env }
  const signal = replaced.signal ?? new AbortController().signal
  const mask = (secret: string): void => void masked.push(secret)
  const sleep = replaced.sleep ?? (() => Promise.resolve())
  const now = replaced.now ?? (() => new Date())
  const random = replaced.random ?? (() => 0.5)
  // Without credentials, the SDK would use the environment of the test process.
  const credentials = {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? ''
  }
  const createApi = (): Deps['api'] => {
    const client = createEcrPublicClient({
      maxAttempts,
      env,
      endpoints: { api: env.AWS_ENDPOINT_URL_ECR_PUBLIC, useDualStack: false },
      signal,
      log,
      credentials,
      backoff: () => 0,
      limitsRates: false
    })
    const sendRequest = createRequestSender(env, senderOptions)
    client.config.requestHandler = createRequestHandler(env, signal, sendRequest)
    return client
  }
  const api = replaced.api ?? createApi()
  const accountToken = replaced.accountToken ?? createAccountToken({ api, signal, log, mask, now })
  let directory: Promise<string> | undefined
  return {
    api,
    callerAccount: () =>
      getCallerAccount({
        env,
        // The emulator serves STS as well.
        endpoints: { sts: env.AWS_ENDPOINT_URL_ECR_PUBLIC, useDualStack: false, useFips: false },
        signal,
        log,
        maxAttempts,
        backoff: () => 0,
        credentials: () => Promise.resolve(credentials)
      }),
    accountToken,
    openRegistry: (host) =>
      Promise.resolve(
        createRegistry(
          host,
          { accountToken, env, signal, log, mask, now, random, sleep },
          { limitsRates: false, ...senderOptions }
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
