import { readPageToken } from '../paging/page-token.js'
import type { Operation } from './operation.js'

/** DescribeRegistries returns the registry of the caller. */
export const describeRegistries: Operation<'DescribeRegistries'> = (input, call) => {
  const { context, host, operation } = call
  const { account, alias, otherAliases, verified, registryBeforeRepository } = context.settings
  // There is only one registry, so every token is invalid.
  if (input.nextToken !== undefined) readPageToken(context.store.key, operation, input.nextToken)
  if (registryBeforeRepository === 'empty' && context.store.repositories.size === 0) {
    return { registries: [] }
  }
  return {
    registries: [
      {
        registryId: account,
        registryArn: `arn:aws:ecr-public::${account}:registry/${account}`,
        registryUri: `${host}/${alias}`,
        verified,
        aliases: [
          { name: alias, status: 'ACTIVE', primaryRegistryAlias: true, defaultRegistryAlias: true },
          ...otherAliases.map(({ name, status }) => ({
            name,
            status,
            primaryRegistryAlias: false,
            defaultRegistryAlias: false
          }))
        ]
      }
    ]
  }
}
