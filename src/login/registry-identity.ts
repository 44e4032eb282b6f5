import type { Registry } from '@aws-sdk/client-ecr-public'
import { listRegistries } from '../ecr-public/listings.js'
import type { Deps } from '../runner/deps.js'
import { problem } from '../runner/errors.js'

/** The public registry of the caller's account, as far as it is known. */
export interface RegistryIdentity {
  /** The registry host: `public.ecr.aws`. */
  readonly host: string
  /** `HOST/ALIAS`, or empty. */
  readonly uri: string
  readonly alias: string
  /** The AWS account ID, or empty. */
  readonly id: string
}

/** The default registry host (https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html). */
const DEFAULT_HOST = 'public.ecr.aws'
/** The dual-stack host name of the same registry (awslabs/amazon-ecr-credential-helper, `ecr-login/api/client.go`). */
const DUAL_STACK_HOST = 'ecr-public.aws.com'

const EMPTY_OUTPUTS = 'The outputs registry-uri, registry-alias and registry-id are empty.'
const NOT_CHECKED = 'The input registry-id was not checked.'

/**
 * Returns the public registry of the caller's account. If DescribeRegistries is not allowed, or if the account does not
 * have a registry yet, logs a notice and returns the default host only.
 *
 * @param registryId the required account ID or alias, or `undefined` for any
 * @throws ActionError if the account has another registry
 */
export async function getRegistryIdentity(
  { api, log }: Pick<Deps, 'api' | 'log'>,
  registryId: string | undefined
): Promise<RegistryIdentity> {
  const unknown = { host: DEFAULT_HOST, uri: '', alias: '', id: '' }
  const registries = await listRegistries(api).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'AccessDeniedException') return undefined
    throw error
  })
  const end = `${EMPTY_OUTPUTS}${registryId === undefined ? '' : ` ${NOT_CHECKED}`}`
  if (registries === undefined) {
    log.notice(`ecr-public:DescribeRegistries is not allowed. ${end}`)
    return unknown
  }
  const registry =
    registryId === undefined ? registries[0] : registries.find((each) => isNamed(each, registryId))
  if (registry !== undefined) return identityOf(registry)
  if (registryId !== undefined && registries.length > 0) throw otherRegistry(registryId, registries)
  log.notice(`The account does not have a public registry yet. ${end}`)
  return unknown
}

/** Returns all host names of the registry. */
export function hostNamesOf(host: string): string[] {
  const isPublic = host === DEFAULT_HOST || host === DUAL_STACK_HOST
  return isPublic ? [DEFAULT_HOST, DUAL_STACK_HOST] : [host]
}

function identityOf({ registryId, registryUri, aliases = [] }: Registry): RegistryIdentity {
  const [host, alias] = (registryUri ?? '').split('/')
  const primary = aliases.find(({ primaryRegistryAlias }) => primaryRegistryAlias === true)
  return {
    host: host || DEFAULT_HOST,
    uri: registryUri ?? '',
    alias: primary?.name ?? alias ?? '',
    id: registryId ?? ''
  }
}

function isNamed({ registryId, aliases = [] }: Registry, name: string): boolean {
  return registryId === name || aliases.some((alias) => alias.name === name)
}

function otherRegistry(registryId: string, registries: readonly Registry[]): Error {
  const ids = registries.map((each) => each.registryId ?? '').join(', ')
  return problem({
    what: 'Input "registry-id" is not the registry of these credentials',
    value: registryId,
    reason: `The AWS credentials belong to ${ids}.`,
    fix: 'Check the AWS credentials, or remove the input "registry-id".'
  })
}
