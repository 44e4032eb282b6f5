import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr-public'
import { ActionError } from '../../src/runner/errors.js'
import { pushTar } from '../../src/push-tar/push-tar.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { malformedArchives } from '../helpers/malformed-archives.js'
import { startEmulator } from '../helpers/start-emulator.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-malformed-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

it('tests at least 60 malformed archives', () => {
  expect(malformedArchives.length).toBeGreaterThanOrEqual(60)
})

it.each(malformedArchives.map((archive) => [archive.name, archive] as const))(
  'fails for an archive with %s and puts no image',
  async (_name, { build, message, foundWhile }) => {
    const emulator = await startEmulator()
    const deps = makeDeps(emulator)
    await deps.api.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    const tar = await build(directory)
    const inputs = makeInputs('push-tar', {
      repository: 'team/app',
      tar,
      'image-tags': 'v1',
      'dry-run': 'false'
    })
    const error: unknown = await pushTar(inputs, deps).then(
      () => undefined,
      (thrown: unknown) => thrown
    )
    expect(error).toBeInstanceOf(ActionError)
    expect((error as ActionError).message).toMatch(message)
    // Damaged layers are found while layers are uploaded, all other errors before the first writing call.
    const writing = foundWhile === 'pushing' ? /^Put/ : /^(?:Initiate|Upload|Complete|Put)/
    expect((await emulator.operations()).filter((name) => writing.test(name))).toEqual([])
  }
)
