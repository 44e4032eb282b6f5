import { runAction } from '../helpers/run-action.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { startGitHub, TOKEN } from '../helpers/start-github.js'
import { startConnectProxy, startTlsFront } from '../helpers/tls.js'

const INPUTS = {
  mode: 'cleanup-tags',
  repository: 'team/app',
  'closed-pull-requests': 'pr-{number}',
  'github-token': TOKEN
}

/** Starts the emulator with tags of two pull requests, and GitHub's API behind a TLS server. */
async function start() {
  const images = ['pr-1', 'pr-2', 'v1'].map((tag) => ({ tags: [tag] }))
  const emulator = await startEmulator({ seed: { repositories: [{ name: 'team/app', images }] } })
  const github = await startGitHub({ pullRequests: { 1: 'MERGED', 2: 'OPEN' } })
  const front = await startTlsFront(new URL(github.url))
  const env = {
    ...emulator.env,
    ...github.env,
    GITHUB_API_URL: front.url,
    GITHUB_GRAPHQL_URL: `${front.url}/graphql`,
    NODE_EXTRA_CA_CERTS: front.certificateFile
  }
  return { emulator, github, host: new URL(front.url).host, env }
}

describe('closed-pull-requests in the bundle', () => {
  it('reads the pull requests through the proxy of HTTPS_PROXY', async () => {
    const { github, host, env } = await start()
    const proxy = await startConnectProxy()
    const run = await runAction(INPUTS, { env: { ...env, HTTPS_PROXY: proxy.url } })
    expect(run.errors).toEqual([])
    expect(JSON.parse(run.outputs['deleted-tags'] ?? '')).toMatchObject([{ tag: 'pr-1' }])
    expect(proxy.seen).toEqual([host])
    expect(github.queries).toHaveLength(1)
    expect(github.tokens).toEqual([`token ${TOKEN}`])
  })

  it('connects directly if NO_PROXY contains the host of GitHub', async () => {
    const { github, env } = await start()
    const proxy = await startConnectProxy()
    const around = { ...env, HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost' }
    expect((await runAction(INPUTS, { env: around })).errors).toEqual([])
    expect(proxy.seen).toEqual([])
    expect(github.queries).toHaveLength(1)
  })

  it('names the variable of a proxy that cannot be reached, and deletes nothing', async () => {
    const { emulator, github, env } = await start()
    const proxied = { ...env, HTTPS_PROXY: 'http://127.0.0.1:1' }
    const run = await runAction({ ...INPUTS, 'max-attempts': '1' }, { env: proxied })
    expect(run.exitCode).toBe(1)
    expect(run.errors).toEqual([expect.stringMatching(/127\.0\.0\.1:1.*HTTPS_PROXY/)])
    expect(github.queries).toEqual([])
    expect(await emulator.operations()).not.toContain('BatchDeleteImage')
  })
})
