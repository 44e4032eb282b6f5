import { Readable } from 'node:stream'
import {
  DescribeRegistriesCommand,
  DescribeRepositoriesCommand,
  GetRegistryCatalogDataCommand,
  PutRegistryCatalogDataCommand
} from '@aws-sdk/client-ecr-public'
import type { ECRPUBLICClient, Registry } from '@aws-sdk/client-ecr-public'
import type { Live } from '../live.ts'
import { errorOf, other } from './question.ts'

/** Account IDs of examples in the documentation of AWS. */
const OTHER_ACCOUNTS = ['111122223333', '444455556666']

/** Is the registry listed before its first repository exists? */
export async function registryBeforeRepository({ client }: Live): Promise<string> {
  const { repositories = [] } = await client.send(
    new DescribeRepositoriesCommand({ maxResults: 1 })
  )
  if (repositories.length > 0) return 'not asked: the registry has repositories'
  const { registries = [] } = await client.send(new DescribeRegistriesCommand({}))
  return registries.length > 0 ? 'present' : 'empty'
}

export const ACCOUNT_QUESTIONS = {
  displayNameOf,
  foreignRegistry,
  messageRegistryId,
  otherRegions,
  serializationError
}

/** Can an account without the verified badge set the display name? The previous name is restored. */
async function displayNameOf(live: Live): Promise<string> {
  const { client } = live
  const registry = await getRegistry(live)
  if (registry.verified === true) return 'not asked: the account is verified'
  const { registryCatalogData } = await client.send(new GetRegistryCatalogDataCommand({}))
  const before = registryCatalogData?.displayName ?? ''
  const put = (displayName: string): Promise<unknown> =>
    client.send(new PutRegistryCatalogDataCommand({ displayName }))
  const error = await errorOf(put(before || 'ecr-public-action'))
  if (error === undefined) {
    live.onEnd(() => put(before))
    return 'anyone'
  }
  return error.name === 'UnsupportedCommandException' ? 'verified-only' : other(error.name)
}

/** Which error is returned for the registry of another account? */
async function foreignRegistry(live: Live): Promise<string> {
  const { registryId: own } = await getRegistry(live)
  const registryId = OTHER_ACCOUNTS.find((account) => account !== own)
  const error = await errorOf(live.client.send(new DescribeRepositoriesCommand({ registryId })))
  if (error === undefined) return other('no error')
  if (/^(?:Registry|Repository)NotFoundException$/.test(error.name)) return 'not-found'
  if (error.message.includes('no identity-based policy')) {
    return 'not asked: the credentials allow DescribeRepositories for the own registry only'
  }
  return error.name.startsWith('AccessDenied') ? 'access-denied' : other(error.name)
}

/** Which ID of the registry do messages contain? */
async function messageRegistryId(live: Live): Promise<string> {
  const { registryId = '', aliases = [] } = await getRegistry(live)
  const repositoryNames = [live.newName()]
  const error = await errorOf(
    live.client.send(new DescribeRepositoriesCommand({ repositoryNames }))
  )
  const [, id = ''] = /with id '([^']*)'/.exec(error?.message ?? '') ?? []
  if (id === registryId) return 'account'
  return aliases.some(({ name }) => name === id) ? 'alias' : other(error?.message ?? 'no error')
}

/** Is a request that is signed for another region served? */
async function otherRegions(live: Live): Promise<string> {
  const client = live.clientOf('us-west-2')
  const error = await errorOf(client.send(new DescribeRepositoriesCommand({ maxResults: 1 })))
  if (error === undefined) return 'serve'
  return error.name === 'UnsupportedCommandException' ? 'refuse' : other(error.name)
}

/** What does the error for invalid JSON look like? */
async function serializationError(live: Live): Promise<string> {
  const { __type: type, ...rest } = await sendInvalidJson(live.clientOf('us-east-1'))
  if (type === 'SerializationException' && !('Message' in rest)) return 'bare'
  return type === 'com.amazon.coral.service#SerializationException' ? 'coral' : other(String(type))
}

/** Sends a signed request whose body is not JSON, and returns the body of the response. */
async function sendInvalidJson(client: ECRPUBLICClient): Promise<Record<string, unknown>> {
  let text = '{}'
  client.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request as object, { body: '{"maxResults": ' })
      return next(args)
    },
    { step: 'build', priority: 'high' }
  )
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const response = result.response as { body: AsyncIterable<Uint8Array> }
      const chunks: Uint8Array[] = []
      for await (const chunk of response.body) chunks.push(chunk)
      text = Buffer.concat(chunks).toString()
      response.body = Readable.from(chunks)
      return result
    },
    { step: 'deserialize', priority: 'low' }
  )
  await errorOf(client.send(new DescribeRepositoriesCommand({ maxResults: 1 })))
  return JSON.parse(text) as Record<string, unknown>
}

/** Returns the registry of the account. A repository is created if there is none yet. */
async function getRegistry(live: Live): Promise<Registry> {
  const list = async (): Promise<Registry[]> =>
    (await live.client.send(new DescribeRegistriesCommand({}))).registries ?? []
  let [registry] = await list()
  if (registry === undefined) {
    await live.newRepository()
    ;[registry] = await list()
  }
  if (registry === undefined) throw new Error('DescribeRegistries returned no registry')
  return registry
}
