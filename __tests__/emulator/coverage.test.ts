import type { EmulatorOptions } from '../../src/emulator/emulator.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { authorization, callApi } from './call-api.js'
import type { WireJson } from './call-api.js'
import { MODEL, PAGINATORS } from './model/service-model.js'
import { digestOf } from './service.js'

// Iterates over the published model: every error that an operation declares and every member of
// every output is produced, or listed with the reason why that is impossible.

const LAYER = Buffer.from('a layer')
const MANIFEST = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: { mediaType: 'application/x', digest: digestOf(LAYER), size: LAYER.length },
  layers: []
})
const INDEX = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [{ mediaType: 'application/x', digest: digestOf('absent'), size: 1 }]
})
const APP = { repositoryName: 'app' }
const ARN = 'arn:aws:ecr-public::123456789012:repository/app'
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr-public:PutImage' }]
})
const NO_UPLOAD = '00000000-0000-0000-0000-000000000000'
const TAGS_51 = Array.from({ length: 51 }, (_item, at) => ({ Key: String(at), Value: '' }))

/** A valid input of every operation if the repository `app` exists. */
const INPUTS: Readonly<Record<string, object>> = {
  BatchCheckLayerAvailability: { ...APP, layerDigests: [digestOf(LAYER)] },
  BatchDeleteImage: { ...APP, imageIds: [{ imageTag: 'v1' }] },
  CompleteLayerUpload: { ...APP, uploadId: NO_UPLOAD, layerDigests: [digestOf(LAYER)] },
  CreateRepository: APP,
  DeleteRepository: APP,
  DeleteRepositoryPolicy: APP,
  DescribeImageTags: APP,
  DescribeImages: APP,
  DescribeRegistries: {},
  DescribeRepositories: { repositoryNames: ['app'] },
  GetAuthorizationToken: {},
  GetRegistryCatalogData: {},
  GetRepositoryCatalogData: APP,
  GetRepositoryPolicy: APP,
  InitiateLayerUpload: APP,
  ListTagsForResource: { resourceArn: ARN },
  PutImage: { ...APP, imageManifest: MANIFEST },
  PutRegistryCatalogData: { displayName: 'Team' },
  PutRepositoryCatalogData: { ...APP, catalogData: {} },
  SetRepositoryPolicy: { ...APP, policyText: POLICY },
  TagResource: { resourceArn: ARN, tags: [] },
  UntagResource: { resourceArn: ARN, tagKeys: [] },
  UploadLayerPart: {
    ...APP,
    uploadId: NO_UPLOAD,
    partFirstByte: 0,
    partLastByte: LAYER.length - 1,
    layerPartBlob: LAYER.toString('base64')
  }
}

/** How to cause an error: the calls to make first, and the input of the failing call. */
interface Scenario {
  readonly options?: EmulatorOptions
  readonly before?: (emulator: RunningEmulator) => Promise<object | undefined>
  readonly input?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** Pairs of operation and error that cannot occur, with the reason. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  'GetAuthorizationToken InvalidParameterException': 'The input does not have members.'
}

const upload = async (
  emulator: RunningEmulator,
  ...parts: Buffer[]
): Promise<{ uploadId: string }> => {
  const { uploadId } = (await callApi(emulator, 'InitiateLayerUpload', APP)).json
  let partFirstByte = 0
  for (const part of parts) {
    await callApi(emulator, 'UploadLayerPart', {
      ...INPUTS.UploadLayerPart,
      uploadId,
      partFirstByte,
      partLastByte: partFirstByte + part.length - 1,
      layerPartBlob: part.toString('base64')
    })
    partFirstByte += part.length
  }
  return { uploadId }
}

const pushLayer = async (emulator: RunningEmulator): Promise<undefined> => {
  const { uploadId } = await upload(emulator, LAYER)
  await callApi(emulator, 'CompleteLayerUpload', { ...INPUTS.CompleteLayerUpload, uploadId })
}

const pushImage = async (emulator: RunningEmulator): Promise<undefined> => {
  await pushLayer(emulator)
  await callApi(emulator, 'PutImage', { ...INPUTS.PutImage, imageTag: 'v1' })
}

/** Scenarios of errors that depend on the operation. */
const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'CompleteLayerUpload UploadNotFoundException': {},
  'CompleteLayerUpload EmptyUploadException': { before: (emulator) => upload(emulator) },
  'CompleteLayerUpload InvalidLayerException': {
    before: (emulator) => upload(emulator, Buffer.from('another'))
  },
  'CompleteLayerUpload LayerPartTooSmallException': {
    before: (emulator) => upload(emulator, LAYER, LAYER)
  },
  'CompleteLayerUpload LayerAlreadyExistsException': {
    before: async (emulator) => {
      await pushLayer(emulator)
      return upload(emulator, LAYER)
    }
  },
  'CreateRepository InvalidTagParameterException': { input: { tags: [{ Key: 'aws:a' }] } },
  'CreateRepository TooManyTagsException': { input: { tags: TAGS_51 } },
  'CreateRepository RepositoryAlreadyExistsException': {},
  'CreateRepository LimitExceededException': {
    options: { limits: { repositories: 1 } },
    input: { repositoryName: 'other' }
  },
  'DeleteRepository RepositoryNotEmptyException': { before: pushImage },
  'DeleteRepositoryPolicy RepositoryPolicyNotFoundException': {},
  'GetRepositoryPolicy RepositoryPolicyNotFoundException': {},
  'DescribeImages ImageNotFoundException': { input: { imageIds: [{ imageTag: 'absent' }] } },
  'DescribeRegistries InvalidParameterException': { input: { maxResults: 0 } },
  'GetRepositoryCatalogData RepositoryCatalogDataNotFoundException': {
    options: { catalogDataMissing: 'not-found' }
  },
  'PutImage ImageAlreadyExistsException': { before: pushImage, input: { imageTag: 'v1' } },
  'PutImage LayersNotFoundException': {},
  'PutImage ReferencedImagesNotFoundException': { input: { imageManifest: INDEX } },
  'PutImage ImageDigestDoesNotMatchException': { input: { imageDigest: digestOf('') } },
  'PutImage LimitExceededException': { options: { limits: { images: 0 } }, before: pushLayer },
  'PutImage ImageTagAlreadyExistsException': {
    options: { tagMutability: 'immutable' },
    before: pushImage,
    input: { imageTag: 'v1', imageManifest: INDEX.replace(/\[.*\]/, '[]') }
  },
  'PutRegistryCatalogData InvalidParameterException': { input: { displayName: 'a'.repeat(101) } },
  'TagResource InvalidTagParameterException': { input: { tags: [{ Key: 'aws:a' }] } },
  'TagResource TooManyTagsException': { input: { tags: TAGS_51 } },
  'UntagResource InvalidTagParameterException': { input: { tagKeys: ['aws:a'] } },
  'UntagResource TooManyTagsException': { input: { tagKeys: TAGS_51.map(({ Key }) => Key) } },
  'UploadLayerPart UploadNotFoundException': {},
  'UploadLayerPart InvalidLayerPartException': {
    before: (emulator) => upload(emulator),
    input: { partFirstByte: 1, partLastByte: LAYER.length }
  },
  'UploadLayerPart LimitExceededException': {
    options: { limits: { layerBytes: 1 } },
    before: (emulator) => upload(emulator)
  }
}

/** Scenarios that are the same for every operation with this error. */
function findScenario(operation: string, error: string): Scenario | undefined {
  const special = SCENARIOS[`${operation} ${error}`]
  if (special !== undefined) return special
  const input = INPUTS[operation]!
  switch (error) {
    case 'ServerException':
      return { options: { faults: [{ operation, fault: 'server-error' }] } }
    case 'UnsupportedCommandException':
      return { headers: { authorization: authorization('eu-west-1') } }
    case 'RegistryNotFoundException':
      return { input: { registryId: 'nobody' } }
    case 'InvalidParameterException':
      return {
        input:
          'resourceArn' in input
            ? { resourceArn: 'a' }
            : { repositoryName: 'A', repositoryNames: [] }
      }
    case 'RepositoryNotFoundException':
      return {
        input:
          'resourceArn' in input
            ? { resourceArn: `${ARN}/other` }
            : {
                repositoryName: 'other',
                ...('repositoryNames' in input ? { repositoryNames: ['other'] } : {})
              }
      }
    default:
      return undefined
  }
}

const PAIRS = Object.entries(MODEL.operations).flatMap(([operation, { errors }]) =>
  errors.map(({ shape }) => [operation, shape] as const)
)

test.each(PAIRS)(
  '%s returns %s, or the list of exceptions has the reason',
  async (operation, error) => {
    const pair = `${operation} ${error}`
    const scenario = findScenario(operation, error)
    if (pair in UNREACHABLE) {
      expect(UNREACHABLE[pair]).toMatch(/.+\.$/)
      return
    }
    expect({ pair, hasScenario: scenario !== undefined }).toEqual({ pair, hasScenario: true })
    const { options, before, input, headers } = scenario!
    const emulator = await startEmulator({ seed: { repositories: [{ name: 'app' }] }, ...options })
    const more = (await before?.(emulator)) ?? {}
    const answer = await callApi(
      emulator,
      operation,
      { ...INPUTS[operation], ...more, ...input },
      headers
    )
    expect(answer.json).toMatchObject({ __type: error, message: expect.stringMatching(/./) })
    expect(answer.status).toBe(error === 'ServerException' ? 500 : 400)
    const members = Object.keys(MODEL.shapes[error]!.members!)
    expect(['__type', ...members]).toEqual(expect.arrayContaining(Object.keys(answer.json)))
  }
)

test('every scenario and every exception refers to the model', () => {
  const pairs = PAIRS.map(([operation, error]) => `${operation} ${error}`)
  expect(pairs).toEqual(
    expect.arrayContaining([...Object.keys(SCENARIOS), ...Object.keys(UNREACHABLE)])
  )
})

/** Members of outputs that no response contains, with the reason. */
const NEVER_RETURNED: Readonly<Record<string, string>> = {
  'RepositoryCatalogData.marketplaceCertified':
    'Only products of the AWS Marketplace have it, and no published example shows it.',
  'DescribeRegistriesResponse.nextToken': 'An account has one registry, so there is one page.'
}

/** Records every member of a response by its shape. */
function note(shape: string, value: unknown, seen: Set<string>): void {
  const { type, members, member } = MODEL.shapes[shape]!
  if (type === 'list') {
    for (const item of value as unknown[]) note(member!.shape, item, seen)
  } else if (type === 'structure') {
    for (const [name, item] of Object.entries(value as object)) {
      // Throws if the model does not have the member.
      note(members![name]!.shape, item, seen)
      seen.add(`${shape}.${name}`)
    }
  }
}

/** Returns all members of all outputs, at any depth. */
function membersOf(shape: string, found = new Set<string>()): Set<string> {
  const { members, member } = MODEL.shapes[shape]!
  if (member !== undefined) membersOf(member.shape, found)
  for (const [name, inner] of Object.entries(members ?? {})) {
    found.add(`${shape}.${name}`)
    membersOf(inner.shape, found)
  }
  return found
}

test('every member of every output is returned, or the list of exceptions has the reason', async () => {
  const emulator = await startEmulator()
  const seen = new Set<string>()
  const call = async (operation: string, input: object = INPUTS[operation]!): Promise<WireJson> => {
    const { status, json } = await callApi(emulator, operation, input)
    expect({ operation, status, json }).toMatchObject({ operation, status: 200 })
    note(MODEL.operations[operation]!.output.shape, json, seen)
    return json
  }
  const catalogData = {
    description: 'One',
    architectures: ['ARM 64'],
    operatingSystems: ['Linux'],
    aboutText: 'Two',
    usageText: 'Three',
    logoImageBlob: Buffer.from('GIF89a\x3c\x00\x3c\x00', 'latin1').toString('base64')
  }
  await call('CreateRepository', { ...APP, catalogData, tags: [{ Key: 'a', Value: 'b' }] })
  await call('CreateRepository', { repositoryName: 'other' })
  await call('PutRepositoryCatalogData', { ...APP, catalogData })
  await call('GetRepositoryCatalogData')
  await call('PutRegistryCatalogData')
  await call('GetRegistryCatalogData')
  await call('DescribeRegistries')
  await call('DescribeRepositories', { maxResults: 1 })
  await call('ListTagsForResource')
  await call('TagResource')
  await call('UntagResource')
  await call('SetRepositoryPolicy', { ...APP, policyText: POLICY, force: true })
  await call('GetRepositoryPolicy')
  await call('DeleteRepositoryPolicy')
  await call('GetAuthorizationToken')
  const { uploadId } = await call('InitiateLayerUpload')
  await call('UploadLayerPart', { ...INPUTS.UploadLayerPart, uploadId })
  await call('CompleteLayerUpload', { ...INPUTS.CompleteLayerUpload, uploadId })
  await call('BatchCheckLayerAvailability', { ...APP, layerDigests: [digestOf(LAYER), 'nonsense'] })
  await call('PutImage', { ...INPUTS.PutImage, imageTag: 'v1' })
  await call('PutImage', { ...INPUTS.PutImage, imageTag: 'v2' })
  await call('PutImage', { ...APP, imageManifest: INDEX.replace(/\[.*\]/, '[]') })
  await call('DescribeImages', { ...APP, maxResults: 1 })
  await call('DescribeImageTags', { ...APP, maxResults: 1 })
  await call('BatchDeleteImage', { ...APP, imageIds: [{ imageTag: 'v1' }, { imageTag: 'none' }] })
  await call('DeleteRepository', { ...APP, force: true })

  const all = Object.values(MODEL.operations).flatMap(({ output }) => [...membersOf(output.shape)])
  const missing = [...new Set(all)].filter((member) => !seen.has(member))
  expect(missing.sort()).toEqual(Object.keys(NEVER_RETURNED).sort())
})

test('every operation of the model has an input in this test', () => {
  expect(Object.keys(INPUTS).sort()).toEqual(Object.keys(MODEL.operations).sort())
})

test('the operations with pages match the published paginators', () => {
  const withToken = Object.entries(MODEL.operations)
    .filter(([, { output }]) => 'nextToken' in MODEL.shapes[output.shape]!.members!)
    .map(([name]) => name)
  expect(withToken.sort()).toEqual([...PAGINATORS].sort())
})
