import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DescribeImagesCommand } from '@aws-sdk/client-ecr-public'
import { createClient } from '../emulator/create-client.js'
import { makeImage } from '../emulator/registry/images.js'
import { ALIAS, openRegistry } from '../emulator/registry/open-registry.js'
import { describeWithClient } from '../helpers/clients.js'
import { withStorage } from './container-storage.js'
import { pushThroughApi } from './push-through-api.js'
import { temporaryDirectory } from './temporary-directory.js'

describeWithClient(['buildah', 'podman'], () => {
  test('buildah pushes what it built, and podman pulls the same image', async () => {
    const { emulator, credentials } = await openRegistry()
    const [buildah, podman, directory] = await Promise.all([
      withStorage('buildah'),
      withStorage('podman'),
      temporaryDirectory()
    ])
    const reference = `${emulator.host}/${ALIAS}/team/app:v1`
    await writeFile(join(directory, 'app.txt'), 'an application')
    const container = await buildah('from', 'scratch')
    await buildah('copy', container, join(directory, 'app.txt'), '/app.txt')
    await buildah('config', '--entrypoint', '["/app"]', container)
    const id = await buildah('commit', container, reference)
    await buildah('push', '--tls-verify=false', '--creds', credentials, reference)

    const { imageDetails } = await createClient(emulator).send(
      new DescribeImagesCommand({ repositoryName: 'team/app' })
    )
    expect(imageDetails).toEqual([expect.objectContaining({ imageTags: ['v1'] })])
    await podman('pull', '--quiet', '--tls-verify=false', reference)
    const inspected = await podman('image', 'inspect', '--format', '{{.Id}} {{.Digest}}', reference)
    expect(inspected).toBe(`${id} ${imageDetails![0]!.imageDigest!}`)

    // The other way round: podman pushes what it pulled, to the same digest.
    const again = `${emulator.host}/${ALIAS}/team/app:v2`
    await podman('tag', reference, again)
    await podman('push', '--quiet', '--tls-verify=false', '--creds', credentials, again)
    const pulled = await buildah('pull', '--quiet', '--tls-verify=false', again)
    expect(pulled).toBe(id)
  })

  test('both pull an image that came in through the layer API', async () => {
    const { emulator } = await openRegistry()
    const image = makeImage('app')
    const config = image.blobs[1]!
    await pushThroughApi(createClient(emulator), 'team/app', image, 'v1')
    const reference = `${emulator.host}/${ALIAS}/team/app:v1`
    for (const client of ['buildah', 'podman'] as const) {
      const run = await withStorage(client)
      const id = await run('pull', '--quiet', '--tls-verify=false', reference)
      expect(`sha256:${id}`).toBe(config.digest)
    }
  })

  test('podman logs in, searches tags and logs out', async () => {
    const { emulator, credentials, pushImage } = await openRegistry()
    await pushImage('team/app', makeImage('app'), 'v1')
    const podman = await withStorage('podman')
    const credentialOption = ['--authfile', join(await temporaryDirectory(), 'auth.json')]
    const password = credentials.slice('AWS:'.length)
    const login = ['login', '--tls-verify=false', ...credentialOption, '-u', 'AWS', '-p', password]
    expect(await podman(...login, emulator.host)).toContain('Login Succeeded')
    const repository = `${emulator.host}/${ALIAS}/team/app`
    const search = ['search', '--tls-verify=false', ...credentialOption, '--list-tags']
    expect(await podman(...search, repository)).toMatch(/\/team\/app +v1$/)
    expect(await podman('logout', ...credentialOption, emulator.host)).toContain('Removed login')
  })
})
