import { createHash } from 'node:crypto'
import { registryText } from '../ecr-public/registry-text.js'
import type { Deps } from '../runner/deps.js'
import type { LoginInputs } from '../runner/inputs/inputs.js'
import { describeChange, hasChanges } from '../runner/plan.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import { getAuthorizationToken } from './authorization-token.js'
import type { AuthorizationToken, DecodedToken } from './authorization-token.js'
import { digestOf } from './credential-document.js'
import { currentMachine, listCredentialTargets } from './credential-targets.js'
import type { CredentialTarget } from './credential-targets.js'
import { createLoginReference } from './login-records.js'
import type { LoginReference } from './login-records.js'
import { getRegistryIdentity, hostNamesOf } from './registry-identity.js'
import type { RegistryIdentity } from './registry-identity.js'
import { warnAboutAuthConfig } from './warn-about-auth-config.js'
import { storeCredential, writeCredential } from './write-credential.js'
import type { Credential, WriteOutcome } from './write-credential.js'

/**
 * Gets an authorization token and writes it into the credential files of all container tools of the machine. All files
 * are checked before the first one is written. If one fails or the run is cancelled, all previous ones are restored.
 */
export async function login(inputs: LoginInputs, deps: Deps): Promise<Report> {
  const targets = await listCredentialTargets(currentMachine(deps.env), deps.log)
  const [token, registry] = await Promise.all([
    getAuthorizationToken(deps),
    getRegistryIdentity(deps, inputs.registryId)
  ])
  const credential: Credential = {
    hosts: hostNamesOf(registry.host),
    auth: authOf(token),
    expiresAt: token.expiresAt,
    identity: identityOf(inputs, deps.env)
  }
  deps.mask(credential.auth)
  deps.log.info(registryText(registry.id, registry.uri))
  warnAboutAuthConfig(credential.hosts, deps)
  const plan = await writeCredentials(targets, { ...credential, ...token }, inputs, deps)
  for (const change of plan) deps.log.info(describeChange(change))
  const expiresAt = token.expiresAt.toISOString()
  deps.log.info(
    `Logged in to ${credential.hosts.join(' and ')}. The credential expires at ${expiresAt}.`
  )
  return reportOf(plan, token, registry, credential.hosts)
}

function reportOf(
  plan: readonly Change[],
  token: AuthorizationToken,
  registry: RegistryIdentity,
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

/** Returns the value that container tools store in their credential files. */
function authOf({ username, password }: DecodedToken): string {
  return Buffer.from(`${username}:${password}`).toString('base64')
}

/** Returns a digest of the role or the AWS access key, or `undefined` if the SDK finds the credentials elsewhere. */
function identityOf({ role }: LoginInputs, env: Deps['env']): string | undefined {
  const key = role?.arn ?? env.AWS_ACCESS_KEY_ID
  return key ? createHash('sha256').update(key).digest('hex') : undefined
}

async function writeCredentials(
  targets: readonly CredentialTarget[],
  credential: Credential & DecodedToken,
  inputs: LoginInputs,
  deps: Deps
): Promise<Change[]> {
  const { hosts, auth } = credential
  const entries = { hosts, authDigest: digestOf({ auth }) }
  const logins = targets.map((target) => ({
    target,
    reference: createLoginReference(target.file, deps.env, entries)
  }))
  // Saved before any file is written, so that the post step can restore the files even if this step is killed.
  deps.saveLoginState(JSON.stringify(logins.map(({ reference }) => reference)))
  const written: LoginReference[] = []
  const plan: Change[] = []
  try {
    for (const { target, reference } of logins) {
      deps.signal.throwIfAborted()
      const outcome = await writeCredential(reference, target, credential, deps)
      written.push(reference)
      plan.push(changeOf(target, credential, outcome))
      logRemovals(target, outcome, inputs, deps)
      if (outcome.hasConflict) warnOfConflict(target, deps)
      if (outcome.store !== undefined) {
        await storeCredential(reference, outcome.store, credential, deps)
      }
    }
    deps.signal.throwIfAborted()
  } catch (error) {
    await restoreAll(written, deps)
    throw error
  }
  if (!inputs.logout) {
    const { forgetLogin } = await import('./restore-credential.js')
    for (const reference of written) await forgetLogin(reference, deps)
    deps.saveLoginState('[]')
  }
  return plan
}

/** Restores the files of the logins, the last one first, also after the run is cancelled. */
async function restoreAll(
  written: readonly LoginReference[],
  { random, now, env, log }: Deps
): Promise<void> {
  const { restoreOrWarn } = await import('./restore-credential.js')
  const sleep: Deps['sleep'] = (milliseconds) =>
    new Promise((done) => setTimeout(done, milliseconds))
  for (const reference of written.toReversed()) {
    await restoreOrWarn(reference, { random, now, env, log, sleep })
  }
}

function changeOf(
  { path }: CredentialTarget,
  { hosts }: Credential,
  { action }: WriteOutcome
): Change {
  return {
    action,
    kind: 'credential',
    target: `${hosts.join(', ')} in ${path}`,
    ...(action === 'keep' ? { reason: 'an equivalent credential already exists' } : {}),
    file: path,
    hosts
  }
}

/** Logs the entries that login removed because container tools would use them instead of the new credential. */
function logRemovals(
  { path }: CredentialTarget,
  { setAside, replacedHelpers }: WriteOutcome,
  { logout }: LoginInputs,
  { log }: Deps
): void {
  const kept = 'It is not restored, because "logout" is false.'
  for (const key of setAside) {
    const restored = logout ? 'It is restored at the end of the job unless it has expired.' : kept
    log.info(
      `Removed the entry "${key}" from ${path}, because podman, buildah and skopeo would use it instead of the new credential. ${restored}`
    )
  }
  for (const { host, helper } of replacedHelpers) {
    const restored = logout ? 'It is restored at the end of the job.' : kept
    log.info(
      `Removed the credential helper "${helper}" of ${host} from ${path}, because container tools would use it instead of the new credential. ${restored}`
    )
  }
}

function warnOfConflict({ path }: CredentialTarget, { log }: Deps): void {
  log.warning(
    `${path} configures a credential store for Docker, and REGISTRY_AUTH_FILE makes podman, buildah and skopeo read the same file. These tools cannot find the credential in it. Set REGISTRY_AUTH_FILE to a separate file.`
  )
}
