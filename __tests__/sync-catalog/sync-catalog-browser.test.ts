import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { syncCatalog } from '../../src/sync-catalog/sync-catalog.js'
import { describeWithClient, getClient } from '../helpers/clients.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { makePng, makeWorkspace } from '../helpers/make-workspace.js'
import { startEmulator } from '../helpers/start-emulator.js'

const COMMIT = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'acme/app',
  GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567'
}

const PAGE = `https://github.com/acme/app/blob/${COMMIT.GITHUB_SHA}`
const RAW = `https://github.com/acme/app/raw/${COMMIT.GITHUB_SHA}`

const README = `<p align="center"><a href="guide.html"><img src="img/html.png" alt="in HTML"></a></p>

# App

![inline](../img/inline.png "title") [inline](./guide.md#part) ![by reference][shot] [by reference][guide]
[![badge](</img/a b.png>)](/LICENSE) [anchor](#usage) [absolute](https://example.com/x?a=1&b=2)

<picture>
  <source media="(min-width: 1px)" srcset="img/wide.png 1x, img/wide2.png 2x">
  <img src="img/narrow.png" alt="picture">
</picture>

| a |
|---|
| ![in a table](img/table.png) |

> - [in a list](list.md)
>   <img src="img/list.png"
>        alt="in a quote">

## Usage

[日本](日本.md) ![usage](img/usage.png)

[shot]: img/reference.png
[guide]: guide.md?plain=1
`

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'
]

describeWithClient('chromium', 'a page published by sync-catalog, in a browser', () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: getClient('chromium'), args: FLAGS })
  })

  afterAll(async () => {
    await browser.close()
  })

  it('shows every image and links to the files of the commit', async () => {
    const emulator = await startEmulator({
      galleryImages: 'loaded',
      seed: { repositories: [{ name: 'team/app' }] }
    })
    const workspace = await makeWorkspace({ 'docs/README.md': README })
    const deps = makeDeps(emulator, { env: { ...COMMIT, GITHUB_WORKSPACE: workspace } })
    const texts = { repository: 'team/app', readme: 'docs/README.md' }
    const { outputs } = await syncCatalog(makeInputs('sync-catalog', texts), deps)

    const page = await browser.newPage()
    const asked: string[] = []
    await page.route(/^https:/, async (route) => {
      asked.push(route.request().url())
      await route.fulfill({ contentType: 'image/png', body: makePng(60, 60) })
    })
    await page.goto(outputs['gallery-url'] as string, { waitUntil: 'networkidle' })
    await page.evaluate(`for (const image of document.images) image.loading = 'eager'`)
    await page.waitForLoadState('networkidle')
    const links = await page.evaluate<string[]>(
      `[...document.querySelectorAll('main a[rel~=nofollow]')].map((link) => link.href)`
    )
    expect(links).toEqual([
      `${PAGE}/docs/guide.html`,
      `${PAGE}/docs/guide.md#part`,
      `${PAGE}/docs/guide.md?plain=1`,
      `${PAGE}/LICENSE`,
      `${PAGE}/docs/README.md#usage`,
      'https://example.com/x?a=1&b=2',
      `${PAGE}/docs/list.md`,
      `${PAGE}/docs/%E6%97%A5%E6%9C%AC.md`
    ])
    const images = await page.evaluate<[string, number][]>(
      `[...document.querySelectorAll('main img')].map((image) => [image.currentSrc, image.naturalWidth])`
    )
    const expected = [
      ...['docs/img/html.png', 'img/inline.png', 'docs/img/reference.png', 'img/a%20b.png'],
      ...['docs/img/wide.png', 'docs/img/table.png', 'docs/img/list.png', 'docs/img/usage.png']
    ].map((path) => `${RAW}/${path}`)
    expect(images).toEqual(expected.map((url) => [url, 60]))
    expect(asked.sort()).toEqual([...expected].sort())
    expect(await page.locator('main .relative-link').count()).toBe(0)
    await page.close()
  })
})
