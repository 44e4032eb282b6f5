import {
  CreateRepositoryCommand,
  GetRegistryCatalogDataCommand,
  GetRepositoryCatalogDataCommand,
  PutRegistryCatalogDataCommand,
  PutRepositoryCatalogDataCommand
} from '@aws-sdk/client-ecr-public'
import type { RepositoryCatalogData, RepositoryCatalogDataInput } from '@aws-sdk/client-ecr-public'
import { IS_LIVE, openService, serviceError, testOfEmulator } from '../service.js'
import type { Service } from '../service.js'

/** Returns the header of a PNG of this size, which is all that the service checks here. */
function png(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(33)
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes)
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes
}

function gif(width: number, height: number): Buffer {
  const bytes = Buffer.from('GIF89a0000000', 'latin1')
  bytes.writeUInt16LE(width, 6)
  bytes.writeUInt16LE(height, 8)
  return bytes
}

function jpeg(width: number, height: number): Buffer {
  const bytes = Buffer.from('ffd8ffe00004000affc4000400ffffc2000b080000000001000000', 'hex')
  bytes.writeUInt16BE(height, 19)
  bytes.writeUInt16BE(width, 21)
  return bytes
}

const FULL = {
  description: 'An app',
  architectures: ['ARM 64', 'x86-64'],
  operatingSystems: ['Linux'],
  aboutText: '# About',
  usageText: '# Usage'
}

async function put(
  { client }: Service,
  repositoryName: string,
  catalogData: RepositoryCatalogDataInput
): Promise<unknown> {
  const command = new PutRepositoryCatalogDataCommand({ repositoryName, catalogData })
  return (await client.send(command)).catalogData
}

async function get({ client }: Service, repositoryName: string): Promise<RepositoryCatalogData> {
  const command = new GetRepositoryCatalogDataCommand({ repositoryName })
  return (await client.send(command)).catalogData!
}

test('returns catalog data as it was put', async () => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  expect(await put(service, repositoryName, FULL)).toMatchObject(FULL)
  expect(await get(service, repositoryName)).toMatchObject(FULL)
})

testOfEmulator(
  'missing catalog data is empty, or an error with catalogDataMissing=not-found',
  async () => {
    const empty = await openService()
    expect(await get(empty, await empty.newRepository())).toEqual({})
    const missing = await openService({ catalogDataMissing: 'not-found' })
    const repositoryName = await missing.newRepository()
    await expect(get(missing, repositoryName)).rejects.toEqual(
      serviceError(
        'RepositoryCatalogDataNotFoundException',
        "The repository catalog data doesn't exist."
      )
    )
    await put(missing, repositoryName, FULL)
    expect(await get(missing, repositoryName)).toEqual(FULL)
  }
)

testOfEmulator('a put keeps absent members and removes empty ones', async () => {
  const service = await openService({ catalogPut: 'merge' })
  const repositoryName = await service.newRepository()
  await put(service, repositoryName, { ...FULL, logoImageBlob: png(60, 60) })
  await put(service, repositoryName, { description: '', architectures: [], usageText: 'New' })
  expect(await get(service, repositoryName)).toEqual({
    operatingSystems: ['Linux'],
    aboutText: '# About',
    usageText: 'New',
    logoUrl: expect.any(String)
  })
  await put(service, repositoryName, { logoImageBlob: Buffer.alloc(0) })
  expect(await get(service, repositoryName)).not.toHaveProperty('logoUrl')
})

testOfEmulator('catalogPut=replace replaces all members, including the logo', async () => {
  const service = await openService({ catalogPut: 'replace' })
  const repositoryName = await service.newRepository()
  await put(service, repositoryName, { ...FULL, logoImageBlob: png(60, 60) })
  await put(service, repositoryName, { usageText: 'New' })
  expect(await get(service, repositoryName)).toEqual({ usageText: 'New' })
})

testOfEmulator.each([
  ['image/png', png(60, 2048)],
  ['image/gif', gif(300, 300)],
  ['image/jpeg', jpeg(2048, 60)]
])('serves a logo of type %s at its URL', async (type, bytes) => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  await put(service, repositoryName, { logoImageBlob: bytes })
  const { logoUrl } = await get(service, repositoryName)
  const response = await fetch(logoUrl!)
  expect(response.headers.get('content-type')).toBe(type)
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true)
  expect((await fetch(logoUrl!, { method: 'HEAD' })).status).toBe(200)
  expect((await fetch(`${logoUrl!}x`)).status).toBe(404)
})

testOfEmulator(
  'a logo has a new URL after every upload, or the same one with logoUrl=stable',
  async () => {
    for (const [logoUrl, stays] of [
      ['new', false],
      ['stable', true]
    ] as const) {
      const service = await openService({ logoUrl })
      const repositoryName = await service.newRepository()
      const upload = async (): Promise<string | undefined> => {
        await put(service, repositoryName, { logoImageBlob: png(60, 60) })
        return (await get(service, repositoryName)).logoUrl
      }
      expect((await upload()) === (await upload())).toBe(stays)
    }
  }
)

testOfEmulator('serves the logo of a new repository and not of a deleted one', async () => {
  const { client, newName } = await openService()
  const created = await client.send(
    new CreateRepositoryCommand({
      repositoryName: newName(),
      catalogData: { logoImageBlob: png(100, 100) }
    })
  )
  expect(created.catalogData?.logoUrl).toMatch(/^http:\/\/127\.0\.0\.1:[0-9]+\/logo\//)
  expect(Object.keys(created.catalogData!)).toEqual(['logoUrl'])
})

test.each([
  ['is too small', png(59, 60)],
  ['is too large', png(60, 2049)],
  ['is not an image', Buffer.from('<svg/>')],
  ['is cut off', png(60, 60).subarray(0, 20)],
  ['is a JPEG without its size', Buffer.from('ffd8ffe0000400ff', 'hex')]
])('rejects a logo that %s', async (_title, logoImageBlob) => {
  const service = await openService()
  const repositoryName = await service.newRepository()
  await expect(put(service, repositoryName, { logoImageBlob })).rejects.toEqual(
    serviceError('InvalidParameterException')
  )
})

testOfEmulator('sets, returns and removes the display name of the registry', async () => {
  const { client } = await openService()
  const read = async (): Promise<unknown> =>
    (await client.send(new GetRegistryCatalogDataCommand({}))).registryCatalogData
  expect(await read()).toEqual({})
  const { registryCatalogData } = await client.send(
    new PutRegistryCatalogDataCommand({ displayName: 'Team' })
  )
  expect(registryCatalogData).toEqual({ displayName: 'Team' })
  expect(await read()).toEqual({ displayName: 'Team' })
  await client.send(new PutRegistryCatalogDataCommand({ displayName: '' }))
  expect(await read()).toEqual({})
})

testOfEmulator('displayNameOf=verified-only requires a verified account', async () => {
  const displayNameOf = 'verified-only'
  const put = new PutRegistryCatalogDataCommand({ displayName: 'Team' })
  const unverified = await openService({ displayNameOf })
  await expect(unverified.client.send(put)).rejects.toEqual(
    serviceError('UnsupportedCommandException')
  )
  const verified = await openService({ displayNameOf, verified: true })
  await verified.client.send(put)
})

test('rejects catalog data of an unknown repository', async () => {
  const service = await openService()
  const name = service.newName()
  const expected = serviceError('RepositoryNotFoundException')
  await expect(get(service, name)).rejects.toEqual(expected)
  await expect(put(service, name, IS_LIVE ? {} : FULL)).rejects.toEqual(expected)
})
