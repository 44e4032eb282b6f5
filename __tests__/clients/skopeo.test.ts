import { join } from 'node:path'
import {
  BatchCheckLayerAvailabilityCommand,
  DescribeImagesCommand
} from '@aws-sdk/client-ecr-public'
import { createClient } from '../emulator/create-client.js'
import { makeImage, makeIndex } from '../emulator/registry/images.js'
import { ALIAS, openRegistry } from '../emulator/registry/open-registry.js'
import { describeWithClient, getClientOutput, runClient } from '../helpers/clients.js'
import { allContent, readLayout, writeLayout } from './oci-layout.js'
import { pushThroughApi } from './push-through-api.js'
import { temporaryDirectory } from './temporary-directory.js'

const index = makeIndex([makeImage('for amd64'), makeImage('for arm64', 'arm64')])
const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false']

describeWithClient('skopeo', () => {
  describe.each(['faithful', 'strict-oci'] as const)('with the %s profile', (profile) => {
    test('pushes a multi-platform image that the API describes, and pulls it back', async () => {
      const { emulator, credentials } = await openRegistry({ profile })
      const directory = await temporaryDirectory()
      await writeLayout(join(directory, 'in'), index, 'v1')
      const remote = `docker://${emulator.host}/${ALIAS}/team/app:v1`
      await getClientOutput('skopeo', [
        ...['copy', '--all', ...insecure, '--dest-creds', credentials],
        ...[`oci:${directory}/in:v1`, remote]
      ])
      const api = createClient(emulator)
      const { imageDetails } = await api.send(
        new DescribeImagesCommand({ repositoryName: 'team/app' })
      )
      expect(imageDetails!.map(({ imageDigest }) => imageDigest).sort()).toEqual(
        [index, ...index.children].map(({ digest }) => digest).sort()
      )
      const layerDigests = index.children.flatMap(({ blobs }) => blobs.map(({ digest }) => digest))
      const { layers } = await api.send(
        new BatchCheckLayerAvailabilityCommand({ repositoryName: 'team/app', layerDigests })
      )
      expect(new Set(layers!.map(({ layerAvailability }) => layerAvailability))).toEqual(
        new Set(['AVAILABLE'])
      )
      await getClientOutput('skopeo', [
        'copy',
        '--all',
        ...insecure,
        remote,
        `oci:${directory}/out:v1`
      ])
      expect(await readLayout(join(directory, 'out'), index)).toEqual(
        allContent(index).map(({ bytes }) => bytes)
      )
    })

    test('pulls an image that came in through the layer API as it was', async () => {
      const { emulator } = await openRegistry({ profile })
      await pushThroughApi(createClient(emulator), 'team/app', index, 'v1')
      const directory = await temporaryDirectory()
      const remote = `docker://${emulator.host}/${ALIAS}/team/app:v1`
      await getClientOutput('skopeo', ['copy', '--all', ...insecure, remote, `oci:${directory}:v1`])
      expect(await readLayout(directory, index)).toEqual(
        allContent(index).map(({ bytes }) => bytes)
      )
    })
  })

  test('lists all tags, over several pages', async () => {
    const tags = Array.from({ length: 230 }, (_, at) => `v${at}`)
    const { emulator } = await openRegistry({
      seed: { repositories: [{ name: 'team/tags', images: [{ tags }] }] }
    })
    const remote = `docker://${emulator.host}/${ALIAS}/team/tags`
    const listed = JSON.parse(
      await getClientOutput('skopeo', ['list-tags', '--tls-verify=false', remote])
    ) as { Tags: string[] }
    expect(listed.Tags.sort()).toEqual(tags.sort())
    const log = await emulator.requests()
    expect(log.filter(({ path }) => path.includes('/tags/list'))).toHaveLength(3)
  })

  test('inspects and deletes', async () => {
    const { emulator, credentials, pushImage, send } = await openRegistry()
    const image = makeImage('app')
    await pushImage('team/app', image, 'v1')
    const remote = `docker://${emulator.host}/${ALIAS}/team/app:v1`
    const raw = await getClientOutput('skopeo', ['inspect', '--tls-verify=false', '--raw', remote])
    expect(raw).toBe(image.bytes.toString())
    const creds = ['--tls-verify=false', '--creds', credentials]
    await getClientOutput('skopeo', ['delete', ...creds, remote])
    expect((await send('GET', `/v2/${ALIAS}/team/app/manifests/v1`)).status).toBe(404)
  })

  test('logs in, pushes with the saved credential, and is rejected with a wrong password', async () => {
    const { emulator, credentials } = await openRegistry()
    const directory = await temporaryDirectory()
    const credentialOption = ['--authfile', join(directory, 'auth.json')]
    const login = (input: string): ReturnType<typeof runClient> =>
      runClient(
        'skopeo',
        [
          'login',
          '--tls-verify=false',
          ...credentialOption,
          '-u',
          'AWS',
          '--password-stdin',
          emulator.host
        ],
        { input }
      )
    expect((await login('wrong')).exitCode).toBe(1)
    expect((await login(credentials.slice('AWS:'.length))).stdout).toContain('Login Succeeded')
    await writeLayout(join(directory, 'in'), makeImage('app'), 'v1')
    const target = `docker://${emulator.host}/${ALIAS}/team/app:v1`
    const copy = ['copy', ...insecure, `oci:${directory}/in:v1`, target]
    await getClientOutput('skopeo', [...copy, ...credentialOption])
    const anonymous = await runClient('skopeo', [...copy, '--dest-no-creds'])
    expect(anonymous.exitCode).toBe(1)
    expect(anonymous.stderr).toMatch(/authentication required|unauthorized|denied/)
  })
})
