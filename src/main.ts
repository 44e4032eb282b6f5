import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import { apiUrl, readEndpoints } from './ecr-public/endpoints.js'
import type { Endpoints } from './ecr-public/endpoints.js'
import { openEarly } from './http/open-early.js'
import type { RegistryDeps } from './registry-client/create-reader.js'
import type { Deps } from './runner/deps.js'
import { ActionError } from './runner/errors.js'
import { readInputs } from './runner/inputs/inputs.js'
import type { Mode } from './runner/inputs/input-specs.js'
import type { Inputs } from './runner/inputs/inputs.js'
import { createLog, mask, reportFailure, writeReport } from './runner/report.js'
import type { Change } from './runner/plan.js'
import { repairHome } from './runner/repair-home.js'
import type { Report } from './runner/report.js'
import { saveLoginState } from './runner/state.js'
import { createTemporary } from './runner/temporary.js'

/** Runs the main step: reads the inputs, runs the mode and reports the result or the error. */
export async function main(env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const cancellation = new AbortController()
  // Each API call in progress adds a listener. Node.js 20 warns of a leak if there are more than ten.
  setMaxListeners(0, cancellation.signal)
  const temporary = createTemporary(env)
  const cancel = (signal: NodeJS.Signals): void => {
    cancellation.abort(
      new ActionError(
        `The run was cancelled (${signal}). Changes made until then remain, and the next run continues from there.`
      )
    )
  }
  process.on('SIGINT', cancel).on('SIGTERM', cancel)
  let mode: Mode | undefined
  let closeUnused = (): void => undefined
  try {
    maskCredentials(env)
    repairHome(env)
    const inputs = readInputs(env)
    mode = inputs.mode
    const endpoints = await readEndpoints(env)
    closeUnused = await openEarly(apiUrl(endpoints), countFirstCalls(mode), env)
    const [run, deps] = await Promise.all([
      loadMode(inputs),
      createDeps(inputs, endpoints, env, cancellation.signal, temporary.directory)
    ])
    const report = await run(deps)
    await writeReport(inputs.mode, inputs.dryRun, report)
  } catch (error) {
    const { signal } = cancellation
    reportFailure(signal.aborted ? signal.reason : await explain(error, mode, env))
  } finally {
    closeUnused()
    temporary.remove()
    process.off('SIGINT', cancel).off('SIGTERM', cancel)
  }
}

/** Masks the caller's credentials, since a message of the service or of a proxy can quote the request. */
function maskCredentials(env: NodeJS.ProcessEnv): void {
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    const secret = env[name]
    if (secret) mask(secret)
  }
}

/** Returns an explained error if the error comes from AWS or the network. Other errors are returned unchanged. */
async function explain(
  error: unknown,
  mode: Mode | undefined,
  env: NodeJS.ProcessEnv
): Promise<unknown> {
  if (error instanceof ActionError) return error
  const { explainError } = await import('./ecr-public/explain-error.js')
  return explainError(error, { mode, env }) ?? error
}

/** The largest number of API calls that a step sends at once when it starts. push-tar also reads tags and requests a token. */
function countFirstCalls(mode: Mode): number {
  return mode === 'push-tar' ? 4 : 2
}

/** Loads the code of one mode. */
async function loadMode(
  inputs: Inputs
): Promise<(deps: Deps) => Promise<Report<Iterable<Change>>>> {
  switch (inputs.mode) {
    case 'login': {
      const { login } = await import('./login/login.js')
      return (deps) => login(inputs, deps)
    }
    case 'ensure-repo': {
      const { ensureRepo } = await import('./ensure-repo/ensure-repo.js')
      return (deps) => ensureRepo(inputs, deps)
    }
    case 'sync-catalog': {
      const { syncCatalog } = await import('./sync-catalog/sync-catalog.js')
      return (deps) => syncCatalog(inputs, deps)
    }
    case 'push-tar': {
      const { pushTar } = await import('./push-tar/push-tar.js')
      return (deps) => pushTar(inputs, deps)
    }
    case 'cleanup-tags': {
      const { cleanupTags } = await import('./cleanup-tags/cleanup-tags.js')
      return (deps) => cleanupTags(inputs, deps)
    }
    default:
      return inputs satisfies never
  }
}

type ApiContext = Pick<Deps, 'log' | 'sleep' | 'mask' | 'signal'> & {
  readonly endpoints: Endpoints
  readonly env: NodeJS.ProcessEnv
}

/** Creates the client of the API. The code for a role or a profile is loaded only if the step has one. */
async function createApi(
  { maxAttempts, role: roleInputs }: Inputs,
  context: ApiContext
): Promise<ECRPUBLICClient> {
  const { createEcrPublicClient } = await import('./ecr-public/client.js')
  const options = { ...context, maxAttempts }
  if (roleInputs === undefined) {
    if (context.env.AWS_ACCESS_KEY_ID) return createEcrPublicClient(options)
    const { findProfile } = await import('./ecr-public/find-profile.js')
    return createEcrPublicClient({
      ...options,
      profile: await findProfile(context.env, context.log)
    })
  }
  const { createRole } = await import('./ecr-public/role/role.js')
  return createEcrPublicClient({ ...options, role: createRole({ ...options, ...roleInputs }) })
}

type RegistryContext = Omit<RegistryDeps, 'accountToken'> & Pick<Deps, 'api'>
type RegistryClient = Pick<Deps, 'openRegistry' | 'accountToken'>

/** Creates the functions that read registries. Their code is loaded on first use. */
function createRegistryClient(context: RegistryContext): RegistryClient {
  const load = async (): Promise<RegistryClient> => {
    const [{ createAccountToken }, { createRegistry }] = await Promise.all([
      import('./registry-client/account-token.js'),
      import('./registry-client/create-registry.js')
    ])
    const accountToken = createAccountToken(context)
    return {
      accountToken,
      openRegistry: (host) => Promise.resolve(createRegistry(host, { ...context, accountToken }))
    }
  }
  let loaded: Promise<RegistryClient> | undefined
  const client = (): Promise<RegistryClient> => (loaded ??= load())
  return {
    accountToken: async (refused) => (await client()).accountToken(refused),
    openRegistry: async (host) => (await client()).openRegistry(host)
  }
}

async function createDeps(
  inputs: Inputs,
  endpoints: Endpoints,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  temporaryDirectory: () => Promise<string>
): Promise<Deps> {
  const log = createLog()
  const sleep = (milliseconds: number): Promise<void> => delay(milliseconds, undefined, { signal })
  const api = await createApi(inputs, { endpoints, env, signal, log, sleep, mask })
  const now = (): Date => new Date()
  const random = Math.random
  return {
    api,
    callerAccount: async () => {
      const { getCallerAccount } = await import('./ecr-public/caller-account.js')
      const { maxAttempts } = inputs
      const { credentials } = api.config
      return getCallerAccount({ endpoints, env, signal, log, maxAttempts, credentials })
    },
    ...createRegistryClient({ api, env, signal, log, mask, now, random, sleep }),
    log,
    now,
    sleep,
    random,
    exec: async (program, args, options) => {
      const { execute } = await import('./runner/exec.js')
      return execute(program, args, options)
    },
    mask,
    saveLoginState,
    env,
    signal,
    temporaryDirectory
  }
}

/** The name that `@github/local-action` calls. */
export { main as run }
