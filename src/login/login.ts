import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr-public'
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { decodeAuthorizationToken } from './authorization-token.js'
import type { DecodedToken } from './authorization-token.js'
import { listCredentialTargets, thisMachine } from './credential-targets.js'
import type { CredentialTarget } from './credential-targets.js'
import { logIn } from './log-in.js'
import type { Credential, LoginOutcome } from './log-in.js'
import { forgetLogin, logOut } from './log-out.js'
import { nameLogin } from './login-records.js'
import type { LoginReference } from './login-records.js'
import { getRegistryIdentity, hostNamesOf } from './registry-identity.js'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'
import type { LoginInputs } from '../runner/inputs/inputs.js'
import { describeChange, hasChanges } from '../runner/plan.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'

/** A token, decoded. */
interface Token extends DecodedToken {
  readonly expiresAt: Date
}

/**
 * Gets an authorization token and leaves every container tool of this machine logged in. Nothing is
 * written before all credential files are known to be good; where one of them then fails, or the run is
 * cancelled, those before it are put back.
 */
export async function login(inputs: LoginInputs, deps: Deps): Promise<Report> {
  const targets = await listCredentialTargets(thisMachine(deps.env))
  const [token, registry] = await Promise.all([
    getToken(deps),
    getRegistryIdentity(deps, inputs.registryId)
  ])
  const credential: Credential = {
    hosts: hostNamesOf(registry.host),
    auth: authOf(token),
    expiresAt: token.expiresAt,
    identity: identityOf(deps.env)
  }
  deps.mask(credential.auth)
  const plan = await logInto(targets, credential, inputs, deps)
  for (const change of plan) deps.log.info(describeChange(change))
  const until = token.expiresAt.toISOString()
  deps.log.info(`Logged in to ${credential.hosts.join(' and ')} until ${until}`)
  return reportOf(plan, token, registry, credential.hosts)
}

function reportOf(
  plan: Awaited<ReturnType<typeof logInto>>,
  token: Token,
  registry: Awaited<ReturnType<typeof getRegistryIdentity>>,
  hosts: readonly string[]
): Report {
  const expiresAt = token.expiresAt.toISOString()
  return {
    changed: hasChanges(plan),
    plan,
    outputs: {
      registry: registry.host,
      'registry-uri': registry.uri,
      'registry-alias': registry.alias,
      'registry-id': registry.id,
      'docker-username': token.username,
      'docker-password': token.password,
      'expires-at': expiresAt
    },
    summary: [
      {
        kind: 'table',
        columns: ['Registry', 'Credential file', 'Credential', 'Expires'],
        rows: plan.map(({ action, file }) => [hosts.join(', '), String(file), action, expiresAt])
      }
    ]
  }
}

async function getToken({ api, mask }: Deps): Promise<Token> {
  const { authorizationData } = await api.send(new GetAuthorizationTokenCommand({}))
  const encoded = authorizationData?.authorizationToken ?? ''
  if (encoded !== '') mask(encoded)
  const decoded = decodeAuthorizationToken(encoded)
  mask(decoded.password)
  const expiresAt = authorizationData?.expiresAt
  if (expiresAt === undefined) {
    throw problem({ what: 'ECR Public gave an authorization token that never expires' })
  }
  return { ...decoded, expiresAt }
}

/** What container tools keep in their credential files. */
function authOf({ username, password }: DecodedToken): string {
  return Buffer.from(`${username}:${password}`).toString('base64')
}

/** Tells AWS credentials apart; only those of the environment can be told without resolving them again. */
function identityOf(env: Deps['env']): string | undefined {
  const key = env.AWS_ACCESS_KEY_ID
  return key ? createHash('sha256').update(key).digest('hex') : undefined
}

async function logInto(
  targets: readonly CredentialTarget[],
  credential: Credential,
  inputs: LoginInputs,
  deps: Deps
): Promise<Change[]> {
  const logins = targets.map(({ file }) => nameLogin(file, deps.env))
  // Before anything is written: the post step must find its way however this step ends.
  deps.saveLoginState(JSON.stringify(logins))
  const done: LoginReference[] = []
  const plan: Change[] = []
  try {
    for (const [at, target] of targets.entries()) {
      const reference = logins[at]
      if (reference === undefined) continue
      await untilSignalsAreSeen()
      deps.signal.throwIfAborted()
      const outcome = await logIn(reference, target, credential, deps)
      done.push(reference)
      plan.push(...changesOf(target, credential, outcome))
      if (outcome.hasConflict) warnOfConflict(target, deps)
    }
    await untilSignalsAreSeen()
    deps.signal.throwIfAborted()
  } catch (error) {
    for (const reference of done.reverse()) await logOut(reference, patient(deps))
    throw error
  }
  if (!inputs.logout) {
    for (const reference of done) await forgetLogin(reference, deps)
    deps.saveLoginState('[]')
  }
  return plan
}

/** Credential files are written without a pause, so that a signal would be heeded only after all of them. */
const untilSignalsAreSeen = (): Promise<void> => setImmediate()

/** Waits also where the run is cancelled, which ends every other wait. */
function patient({ random }: Deps): Pick<Deps, 'sleep' | 'random'> {
  return { random, sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)) }
}

function changesOf(
  { path }: CredentialTarget,
  { hosts }: Credential,
  { action }: LoginOutcome
): Change[] {
  return [
    {
      action,
      kind: 'credential',
      target: `${hosts.join(', ')} in ${path}`,
      ...(action === 'keep' ? { reason: 'an equally good one is there' } : {}),
      file: path,
      hosts
    }
  ]
}

function warnOfConflict({ path }: CredentialTarget, { log }: Deps): void {
  log.warning(
    `${path} names a credential store of Docker's, and REGISTRY_AUTH_FILE makes podman, buildah and skopeo read it too: they will not find the credential – give them a file of their own`
  )
}
