import {
  PutRegistryCatalogDataCommand,
  PutRepositoryCatalogDataCommand
} from '@aws-sdk/client-ecr-public'
import { startEmulator } from '../../helpers/start-emulator.js'
import type { EmulatorOptions } from '../../../src/emulator/emulator.js'
import { createClient } from '../create-client.js'

interface Page {
  readonly status: number
  readonly html: string
  readonly headers: Headers
}

async function openGallery(
  repositories: readonly unknown[],
  options: EmulatorOptions = {}
): Promise<{
  get: (path: string) => Promise<Page>
  api: ReturnType<typeof createClient>
  host: string
}> {
  const emulator = await startEmulator({ alias: 'demo', seed: { repositories }, ...options })
  const get = async (path: string): Promise<Page> => {
    const response = await fetch(emulator.url + path)
    return { status: response.status, html: await response.text(), headers: response.headers }
  }
  return { get, api: createClient(emulator), host: emulator.host }
}

const image = (tag: string, day: number): unknown => ({
  tags: [{ tag, createdAt: new Date(Date.UTC(2026, 0, day, 10, 30)).toISOString() }]
})

test('the first page lists the repositories with their details', async () => {
  const { get, api } = await openGallery(
    [
      {
        name: 'team/app',
        catalogData: {
          description: 'Serves files',
          architectures: ['ARM 64'],
          operatingSystems: ['Linux']
        },
        images: [image('v1', 1)]
      },
      { name: 'tools' }
    ],
    { verified: true }
  )
  await api.send(new PutRegistryCatalogDataCommand({ displayName: 'Example Corp' }))
  const { status, html, headers } = await get('/')
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(html).toContain('href="/demo/team/app"')
  expect(html).toContain('href="/demo/tools"')
  for (const text of [
    'Example Corp',
    'Serves files',
    'ARM 64',
    'Linux',
    '1 tag',
    'No description'
  ]) {
    expect(html).toContain(text)
  }
})

test('an empty registry shows how to create a repository', async () => {
  const { get, host } = await openGallery([])
  expect((await get('/')).html).toContain(`--endpoint-url http://${host}`)
})

test('a page shows both texts, badges, tags with dates and sizes, and the pull command', async () => {
  const { get, host } = await openGallery(
    [
      {
        name: 'team/app',
        catalogData: {
          aboutText: '# What it is\n\nIt **serves** files.',
          usageText: 'Run `app`.',
          architectures: ['x86-64'],
          operatingSystems: ['Linux']
        },
        images: [image('v1', 1), image('v2', 2)]
      }
    ],
    { verified: true }
  )
  const { html } = await get('/demo/team/app')
  expect(html).toContain('It <strong>serves</strong> files.')
  expect(html).toContain('Run <code>app</code>.')
  expect(html).toContain('<li class="badge architecture">x86-64</li>')
  expect(html).toContain('<li class="badge os">Linux</li>')
  expect(html).toContain('Verified account')
  expect(html).toContain(`docker pull ${host}/demo/team/app:v2`)
  expect(html.indexOf('>v2<')).toBeLessThan(html.indexOf('>v1<'))
  expect(html).toContain('2026-01-02 10:30 UTC')
  expect(html).toMatch(/\d(\.\d\d)? (B|kB|MB)/)
  expect(html).toMatch(/<code class="digest">sha256:[0-9a-f]{64}<\/code>/)
})

test('the pull command uses the tag "latest" if it exists', async () => {
  const { get, host } = await openGallery([
    { name: 'team/app', images: [image('latest', 1), image('v2', 2)] }
  ])
  expect((await get('/demo/team/app/')).html).toContain(`docker pull ${host}/demo/team/app:latest`)
})

test('a long list of tags has pages', async () => {
  const images = Array.from({ length: 120 }, (_, at) => image(`v${at}`, at + 1))
  const { get } = await openGallery([{ name: 'team/app', images }])
  const rows = async (path: string): Promise<number> =>
    [...(await get(path)).html.matchAll(/<code class="tag">/g)].length
  expect(await rows('/demo/team/app')).toBe(50)
  expect(await rows('/demo/team/app?page=3')).toBe(20)
  expect(await rows('/demo/team/app?page=99')).toBe(20)
  expect(await rows('/demo/team/app?page=x')).toBe(50)
  expect((await get('/demo/team/app?page=2')).html).toMatch(/\?page=1#tags[^]*\?page=3#tags/)
})

// The header of a PNG of 60 by 60 pixels. The emulator reads only the header.
const PNG_HEADER = '89504e470d0a1a0a0000000d494844520000003c0000003c0802000000'

test('hides the logo and the display name of an account that is not verified', async () => {
  const { get, api } = await openGallery([{ name: 'team/app' }])
  const logoImageBlob = Buffer.from(PNG_HEADER, 'hex')
  await api.send(
    new PutRepositoryCatalogDataCommand({
      repositoryName: 'team/app',
      catalogData: { logoImageBlob }
    })
  )
  await api.send(new PutRegistryCatalogDataCommand({ displayName: 'Example Corp' }))
  for (const path of ['/', '/demo/team/app']) {
    const { html } = await get(path)
    expect(html).not.toMatch(/<img class="logo|Example Corp/)
    expect(html).toContain('demo')
  }
})

test('shows badges only for the values that the gallery supports', async () => {
  const catalogData = {
    architectures: ['ARM 64', 'x86-64', 'riscv64', 'arm 64'],
    operatingSystems: ['Linux', 'Windows', 'FreeBSD']
  }
  const { get } = await openGallery([{ name: 'team/app', catalogData }])
  const { html } = await get('/demo/team/app')
  const badges = [...html.matchAll(/<li class="badge [a-z]+">([^<]*)</g)].map(([, text]) => text)
  expect(badges).toEqual(['Linux', 'Windows', 'ARM 64', 'x86-64'])
})

test('the uploaded logo is shown and served by the emulator', async () => {
  const { get, api } = await openGallery([{ name: 'team/app' }], { verified: true })
  const header = Buffer.from(PNG_HEADER, 'hex')
  await api.send(
    new PutRepositoryCatalogDataCommand({
      repositoryName: 'team/app',
      catalogData: { logoImageBlob: header }
    })
  )
  const { html } = await get('/demo/team/app')
  const source = /<img class="logo large" src="([^"]+)"/.exec(html)?.[1]
  expect(source).toMatch(/^\/logo\//)
  const logo = await get(source!)
  expect([logo.status, logo.headers.get('content-type')]).toEqual([200, 'image/png'])
})

test('text of the user is escaped', async () => {
  const { get, api } = await openGallery(
    [
      {
        name: 'team/app',
        catalogData: {
          description: '<b>bold</b> & "quoted"',
          architectures: ['<i>x</i>'],
          operatingSystems: ["'os'"]
        }
      }
    ],
    { verified: true }
  )
  await api.send(new PutRegistryCatalogDataCommand({ displayName: '<u>Corp</u>' }))
  for (const path of ['/', '/demo/team/app']) {
    const { html } = await get(path)
    expect(html).not.toMatch(/<(b|i|u)>/)
    expect(html).toContain('&lt;b&gt;bold&lt;/b&gt; &amp; &quot;quoted&quot;')
    expect(html).toContain('&lt;u&gt;Corp&lt;/u&gt;')
  }
})

test('a text that is nested too deep for the parser is shown as its source', async () => {
  const aboutText = `${'> '.repeat(4_000)}the end`
  const catalogData = { aboutText, usageText: 'Run **it**' }
  const { get } = await openGallery([{ name: 'team/app', catalogData }])
  const { status, html } = await get('/demo/team/app')
  expect(status).toBe(200)
  expect(html).toContain('The about text is too complex to be displayed as Markdown.')
  expect(html).toContain('&gt; &gt; the end</pre>')
  expect(html).toContain('Run <strong>it</strong>')
})

test('a page runs only the script of the gallery and does not load anything from other hosts', async () => {
  const { get } = await openGallery([{ name: 'team/app' }])
  const { headers } = await get('/demo/team/app')
  const policy = headers.get('content-security-policy')!.split('; ')
  expect(policy).toEqual([
    "default-src 'none'",
    expect.stringMatching(/^script-src 'sha256-[\w+/=]+'$/),
    expect.stringMatching(/^style-src 'sha256-[\w+/=]+'$/),
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ])
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('referrer-policy')).toBe('no-referrer')
  const open = await openGallery([], { galleryImages: 'loaded' })
  expect((await open.get('/')).headers.get('content-security-policy')).toContain(
    "img-src 'self' https: http:"
  )
})

test.each(['/demo', '/demo/none', '/other/team/app', '/demo/team/app/tags', '/x?y', '/%'])(
  '%s returns 404',
  async (path) => {
    const { get } = await openGallery([{ name: 'team/app' }])
    const { status, html } = await get(path)
    expect([status, html]).toEqual([404, expect.stringContaining('Page not found')])
  }
)

test('the pull command of a chart uses Helm', async () => {
  const { pullCommand } = await import('../../../src/emulator/gallery/repository-page.js')
  const { Store } = await import('../../../src/emulator/store/store.js')
  const store = new Store(undefined, () => new Date(0))
  const repository = store.createRepository('charts/app')
  store.putImage(
    'charts/app',
    {
      manifest: Buffer.from('{}'),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactMediaType: 'application/vnd.cncf.helm.config.v1+json',
      size: 1,
      children: [],
      mediaTypes: {}
    },
    '1.2.3'
  )
  const newest = repository.tags.get('1.2.3')
  expect(pullCommand(repository, 'host/demo/charts/app', newest)).toBe(
    'helm pull oci://host/demo/charts/app --version 1.2.3'
  )
  store.close()
})
