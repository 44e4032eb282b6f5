import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { OPERATION_NAMES } from '../../../src/emulator/model/operations.js'
import { describeWithClient, getClient } from '../../helpers/clients.js'
import type { ClientRun } from '../../helpers/clients.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import { descriptor, digestOf, TYPES } from '../service.js'

/** The members of all responses that the tests use. A response has the members of its command. */
interface CliAnswer {
  readonly registries: readonly { readonly registryUri: string }[]
  readonly repository: { readonly createdAt: string; readonly repositoryArn: string }
  readonly repositories: unknown
  readonly tags: unknown
  readonly policyText: string
  readonly catalogData: unknown
  readonly registryCatalogData: unknown
  readonly authorizationData: { readonly authorizationToken: string }
  readonly uploadId: string
  readonly layerDigest: string
  readonly layers: readonly unknown[]
  readonly imageDetails: unknown
  readonly imageTagDetails: readonly { readonly imageTag: string }[]
}

const NAME = ['--repository-name', 'team/app']

/** Calls `DescribeImages` with the AWS CLI. */
function commandOf(operation: string): string {
  return operation.replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
}

describeWithClient(['aws', 'boto3'], 'the AWS CLI', () => {
  let directory: string
  let cli: ChildProcess | undefined
  let ended: Promise<unknown> | undefined

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'aws-cli-'))
  })

  afterEach(async () => {
    cli?.stdin?.end()
    await ended
    rmSync(directory, { recursive: true })
  })

  /** Runs the AWS CLI against an emulator and records which commands succeeded. */
  function createAws(url: string) {
    const done = new Set<string>()
    // The tests of boto3 use the Python that Debian's AWS CLI uses.
    const child = spawn(getClient('boto3'), [join(import.meta.dirname, 'run_aws_cli.py')], {
      cwd: directory,
      env: {
        AWS_ACCESS_KEY_ID: 'key',
        AWS_SECRET_ACCESS_KEY: 'secret',
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_PAGER: '',
        AWS_EC2_METADATA_DISABLED: 'true',
        HOME: directory,
        TMPDIR: directory
      },
      stdio: ['pipe', 'pipe', 'inherit']
    })
    cli = child
    ended = new Promise((resolve) => child.on('close', resolve))
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const run = async (operation: string, ...args: string[]): Promise<ClientRun> => {
      const command = ['--endpoint-url', url, 'ecr-public', commandOf(operation), ...args]
      child.stdin.write(`${JSON.stringify(command)}\n`)
      const answer = await lines.next()
      if (answer.done === true) throw new Error('The AWS CLI has ended')
      const result = JSON.parse(answer.value) as ClientRun
      if (result.exitCode === 0) done.add(operation)
      return result
    }
    return {
      done,
      call: async (operation: string, ...args: string[]): Promise<CliAnswer> => {
        const { exitCode, stdout, stderr } = await run(operation, ...args)
        expect({ operation, exitCode, stderr }).toEqual({ operation, exitCode: 0, stderr: '' })
        return stdout === '' ? ({} as CliAnswer) : (JSON.parse(stdout) as CliAnswer)
      },
      fail: async (operation: string, error: string, ...args: string[]): Promise<void> => {
        const { exitCode, stderr } = await run(operation, ...args)
        expect({ operation, exitCode }).toEqual({ operation, exitCode: 254 })
        expect(stderr).toContain(
          `An error occurred (${error}) when calling the ${operation} operation: `
        )
      }
    }
  }

  test('every command of aws ecr-public works', async () => {
    const emulator = await startEmulator()
    const { call, fail, done } = createAws(emulator.url)
    const file = (name: string, content: string | Buffer): string => {
      writeFileSync(join(directory, name), content)
      return name
    }
    const { registries } = await call('DescribeRegistries')
    expect(registries[0]!.registryUri).toBe(`${emulator.host}/a1b2c3d4`)

    const { repository } = await call('CreateRepository', ...NAME, '--tags', 'Key=owner,Value=team')
    expect(repository.createdAt).toMatch(/^\d{4}-\d\d-\d\dT/)
    await fail('CreateRepository', 'RepositoryAlreadyExistsException', ...NAME)
    expect((await call('DescribeRepositories')).repositories).toEqual([repository])
    const arn = ['--resource-arn', repository.repositoryArn]
    await call('TagResource', ...arn, '--tags', 'Key=stage,Value=test')
    await call('UntagResource', ...arn, '--tag-keys', 'owner')
    const { tags } = await call('ListTagsForResource', ...arn)
    expect(tags).toEqual([{ Key: 'stage', Value: 'test' }])

    const policy = {
      Version: '2008-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: ['ecr-public:PutImage'] }]
    }
    await fail('GetRepositoryPolicy', 'RepositoryPolicyNotFoundException', ...NAME)
    const policyText = `file://${file('policy.json', JSON.stringify(policy))}`
    await call('SetRepositoryPolicy', ...NAME, '--policy-text', policyText)
    const got = await call('GetRepositoryPolicy', ...NAME)
    expect(JSON.parse(got.policyText)).toEqual(policy)
    await call('DeleteRepositoryPolicy', ...NAME)

    const catalog = JSON.stringify({ description: 'An app', aboutText: '# About' })
    await call('PutRepositoryCatalogData', ...NAME, '--catalog-data', catalog)
    const { catalogData } = await call('GetRepositoryCatalogData', ...NAME)
    expect(catalogData).toEqual(JSON.parse(catalog))
    await call('PutRegistryCatalogData', '--display-name', 'Team')
    const { registryCatalogData } = await call('GetRegistryCatalogData')
    expect(registryCatalogData).toEqual({ displayName: 'Team' })

    const { authorizationData } = await call('GetAuthorizationToken')
    const token = Buffer.from(authorizationData.authorizationToken, 'base64').toString()
    expect(token).toMatch(/^AWS:[^:]+$/)

    const config = Buffer.from('{"os":"linux"}')
    const { uploadId } = await call('InitiateLayerUpload', ...NAME)
    const upload = [...NAME, '--upload-id', uploadId]
    const blob = `fileb://${file('config.json', config)}`
    const range = (first: number): string[] => [
      ...['--part-first-byte', String(first)],
      ...['--part-last-byte', String(first + config.length - 1)]
    ]
    await fail(
      'UploadLayerPart',
      'InvalidLayerPartException',
      ...[...upload, ...range(7), '--layer-part-blob', blob]
    )
    await call('UploadLayerPart', ...upload, ...range(0), '--layer-part-blob', blob)
    const digests = ['--layer-digests', digestOf(config)]
    const completed = await call('CompleteLayerUpload', ...upload, ...digests)
    expect(completed.layerDigest).toBe(digestOf(config))
    const { layers } = await call('BatchCheckLayerAvailability', ...NAME, ...digests)
    expect(layers[0]).toMatchObject({ layerAvailability: 'AVAILABLE', layerSize: config.length })

    for (const tag of ['v1', 'v2', 'v3']) {
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: TYPES.manifest,
        config: descriptor(TYPES.config, config),
        layers: [],
        annotations: { tag }
      })
      const image = ['--image-manifest', manifest, '--image-tag', tag]
      await call('PutImage', ...NAME, ...image)
    }
    const { imageDetails } = await call('DescribeImages', ...NAME, '--page-size', '1')
    expect(imageDetails).toHaveLength(3)
    const { imageTagDetails } = await call('DescribeImageTags', ...NAME, '--page-size', '2')
    expect(imageTagDetails.map(({ imageTag }) => imageTag)).toEqual(['v1', 'v2', 'v3'])
    const absent = ['--image-ids', 'imageTag=absent']
    await fail('DescribeImages', 'ImageNotFoundException', ...NAME, ...absent)
    const deleted = await call('BatchDeleteImage', ...NAME, '--image-ids', 'imageTag=v1')
    expect(deleted).toMatchObject({ imageIds: [{ imageTag: 'v1' }], failures: [] })

    await fail('DeleteRepository', 'RepositoryNotEmptyException', ...NAME)
    await call('DeleteRepository', ...NAME, '--force')
    await fail('DescribeImages', 'RepositoryNotFoundException', ...NAME)
    expect([...done].sort()).toEqual([...OPERATION_NAMES].sort())
  }, 300_000)
})
