import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWithClient, runClient } from '../../helpers/clients.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import { MODEL } from '../model/service-model.js'

const MODEL_DIRECTORY = join(import.meta.dirname, '..', '..', 'fixtures', 'ecr-public-model')

interface Line {
  readonly operation: string
  readonly error?: string
  readonly message?: string
  readonly status?: number
  readonly members?: Readonly<Record<string, unknown>>
}

/** Errors that boto3 does not cause here. The coverage test causes all of them. */
const NOT_HERE = [
  'ImageTagAlreadyExistsException',
  'LimitExceededException',
  'RepositoryCatalogDataNotFoundException',
  'ServerException',
  'UnsupportedCommandException'
]

describeWithClient('boto3', () => {
  let directory: string

  // boto3 from Debian with the current model.
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'boto3-'))
    const target = join(directory, 'ecr-public', '2020-10-30')
    mkdirSync(target, { recursive: true })
    for (const name of ['service-2.json', 'paginators-1.json']) {
      cpSync(join(MODEL_DIRECTORY, name), join(target, name))
    }
  })

  afterEach(() => rmSync(directory, { recursive: true }))

  test('every operation, paginator and error works with boto3', async () => {
    const emulator = await startEmulator()
    const script = join(import.meta.dirname, 'drive_operations.py')
    const run = await runClient('boto3', [script, emulator.url], {
      env: { AWS_DATA_PATH: directory, AWS_EC2_METADATA_DISABLED: 'true' }
    })
    expect({ exitCode: run.exitCode, stderr: run.stderr }).toEqual({ exitCode: 0, stderr: '' })
    const lines = run.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    const succeeded = lines.filter(({ error }) => error === undefined)
    const names = Object.keys(MODEL.operations)
    expect([...new Set(succeeded.map(({ operation }) => operation))].sort()).toEqual(names.sort())

    const failed = lines.filter((line) => line.error !== undefined)
    for (const { operation, error, status, message } of failed) {
      const declared = MODEL.operations[operation]!.errors.map(({ shape }) => shape)
      expect(declared).toContain(error)
      expect({ status, message }).toEqual({ status: 400, message: expect.stringMatching(/./) })
    }
    const exceptions = Object.keys(MODEL.shapes).filter((name) => MODEL.shapes[name]!.exception)
    const seen = new Set(failed.map(({ error }) => error))
    expect(exceptions.filter((name) => !seen.has(name)).sort()).toEqual(NOT_HERE)
    const part = failed.find(({ error }) => error === 'InvalidLayerPartException')!
    expect(part.members).toEqual({
      registryId: '123456789012',
      repositoryName: 'team/app',
      uploadId: expect.any(String),
      lastValidByteReceived: 1
    })
  })
})
