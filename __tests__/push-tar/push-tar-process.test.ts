import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage, writeDockerArchive, writeOciArchive } from '../helpers/archives.js'
import { pullImage } from '../helpers/pull-image.js'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'

/** Runs merges and promotions as the runner does: the bundle as a process, with inputs by environment. */

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'push-tar-process-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

test('the bundle merges archives, promotes the image and waits until both can be pulled', async () => {
  const emulator = await startEmulator({
    seed: { repositories: [{ name: 'team/rc' }, { name: 'team/app' }] }
  })
  const { env, host } = emulator
  const build = (architecture: string): ReturnType<typeof buildImage> =>
    buildImage({ platform: { os: 'linux', architecture }, layers: [{ app: architecture }] })
  await writeDockerArchive(join(directory, 'app-amd64.tar'), [build('amd64')])
  await writeOciArchive(join(directory, 'app-arm64.tar'), [build('arm64')])
  const merge = {
    mode: 'push-tar',
    repository: 'team/rc',
    tar: 'app-*.tar',
    'image-tags': '1.0-rc.1',
    wait: 'true'
  }
  const promotion = {
    mode: 'push-tar',
    repository: 'team/app',
    from: `${host}/a1b2c3d4/team/rc:1.0-rc.1`,
    'image-tags': '1.0\nlatest',
    wait: 'true'
  }
  let digest: string | undefined
  for (const [inputs, name, tags] of [
    [merge, 'team/rc', ['1.0-rc.1']],
    [promotion, 'team/app', ['1.0', 'latest']]
  ] as const) {
    const run = await runAction(inputs, { env, cwd: directory })
    expect([run.errors, run.stderr]).toEqual([[], ''])
    const uri = `${host}/a1b2c3d4/${name}`
    digest ??= run.outputs.digest
    expect(run.outputs).toMatchObject({
      changed: 'true',
      digest,
      'repository-uri': uri,
      'image-uri': `${uri}@${digest}`,
      'image-uris': JSON.stringify(tags.map((tag) => `${uri}:${tag}`))
    })
    const platforms = JSON.parse(run.outputs.platforms ?? '') as { platform: string }[]
    expect(platforms.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64'])
    expect(run.summary).toContain('linux/arm64')
    expect(run.log).toContain(`Waiting until the registry serves ${tags.join(', ')}`)
    for (const tag of tags) expect(await pullImage(emulator, name, tag)).toHaveLength(2)
    const again = await runAction(inputs, { env, cwd: directory })
    expect(again.errors).toEqual([])
    expect(again.outputs).toMatchObject({ changed: 'false', digest, 'uploaded-bytes': '0' })
  }
})

test('the bundle rejects a promotion from a registry of another account', async () => {
  const emulator = await startEmulator({ seed: { repositories: [{ name: 'team/app' }] } })
  const inputs = {
    mode: 'push-tar',
    repository: 'team/app',
    from: 'public.ecr.aws/zzzzzzzz/team/rc:1',
    'image-tags': '1'
  }
  const run = await runAction(inputs, { env: emulator.env })
  expect(run.exitCode).toBe(1)
  expect(run.errors).toEqual([
    expect.stringContaining('Input "from" contains the host or alias of another registry')
  ])
})
