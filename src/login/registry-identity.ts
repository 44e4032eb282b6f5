import type { Registry } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { listRegistries } from '../ecr-public/listings.js'
import { problem } from '../runner/errors.js'

/** The caller's own registry, as far as it is known. */
export interface RegistryIdentity {
  /** The registry host: `public.ecr.aws`. */
  readonly host: string
  /** `HOST/ALIAS`, or empty. */
  readonly uri: string
  readonly alias: string
  /** The account id, or empty. */
  readonly id: string
}

/** The host where nothing else is known (https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html). */
const DEFAULT_HOST = 'public.ecr.aws'
/** The same registry under its dual-stack name, as AWS's own credential helper knows it. */
const DUAL_STACK_HOST = 'ecr-public.aws.com'

/**
 * The caller's own registry. Where it may not be looked up, or there is none yet, only the usual host is
 * known, and a notice says so.
 *
 * @param registryId the account id or alias that it has to have
 * @throws ActionError where it has another
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
  if (registries === undefined) {
    log.notice(
      'ecr-public:DescribeRegistries is not expected: the outputs registry-uri, registry-alias and registry-id stay empty'
    )
    return unknown
  }
  const registry =
    registryId === undefined ? registries[0] : registries.find((each) => isNamed(each, registryId))
  if (registry !== undefined) return identityOf(registry)
  if (registryId !== undefined && registries.length > 0) throw otherRegistry(registryId, registries)
  log.notice(
    'The account has no public registry yet: the outputs registry-uri, registry-alias and registry-id stay empty'
  )
  return unknown
}

/** Every name under which the registry of a host is reached. */
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
  const own = registries.map((each) => each.registryId ?? '').join(', ')
  return problem({
    what: 'Input "registry-id" is not the registry of these credentials',
    value: registryId,
    expected: `they belong to ${own}`,
    fix: 'check the credentials, or leave "registry-id" out'
  })
}
