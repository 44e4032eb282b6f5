import { join } from 'node:path'
import { buildImage, writeDockerArchive } from '../helpers/archives.js'
import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { startConnectProxy, startTlsFront } from '../helpers/tls.js'

/** Starts the emulator behind a TLS server, and returns the variables that direct the SDK to it. */
async function startBehindTls() {
  const emulator = await startEmulator()
  const front = await startTlsFront(new URL(emulator.url))
  const env = {
    ...emulator.env,
    AWS_ENDPOINT_URL_ECR_PUBLIC: front.url,
    NODE_EXTRA_CA_CERTS: front.certificateFile
  }
  return { emulator, front, env }
}

describe('the API over TLS', () => {
  it('supports logins and pushes', async () => {
    const { emulator, env } = await startBehindTls()
    const login = await runAction({ mode: 'login' }, { env })
    expect(login.errors).toEqual([])
    expect(login.outputs['docker-username']).toBe('AWS')
    await runAction({ mode: 'ensure-repo', repository: 'team/app' }, { env })
    const tar = join(login.runnerTemp, 'image.tar')
    await writeDockerArchive(tar, [buildImage({ compression: 'none' })])
    const push = await runAction({ mode: 'push-tar', repository: 'team/app', tar }, { env })
    expect(push.errors).toEqual([])
    expect(await emulator.operations()).toEqual(
      expect.arrayContaining(['GetAuthorizationToken', 'CreateRepository', 'PutImage'])
    )
  })

  it('uses the proxy for https, unless NO_PROXY contains the host', async () => {
    const { front, env } = await startBehindTls()
    const proxy = await startConnectProxy()
    const through = { ...env, HTTPS_PROXY: proxy.url }
    expect((await runAction({ mode: 'login' }, { env: through })).errors).toEqual([])
    expect(new Set(proxy.seen)).toEqual(new Set([new URL(front.url).host]))
    const before = proxy.seen.length
    const around = { ...through, NO_PROXY: 'localhost' }
    expect((await runAction({ mode: 'login' }, { env: around })).errors).toEqual([])
    expect(proxy.seen).toHaveLength(before)
  })

  it('fails for an untrusted certificate and describes how to fix it', async () => {
    const { emulator, env } = await startBehindTls()
    const distrusting = { ...env, NODE_EXTRA_CA_CERTS: '' }
    const run = await runAction({ mode: 'login', 'max-attempts': '1' }, { env: distrusting })
    expect(run.errors).toHaveLength(1)
    expect(run.errors[0]).toMatch(/certificate is not trusted.*NODE_EXTRA_CA_CERTS/)
    expect(await emulator.operations()).toEqual([])
  })
})
