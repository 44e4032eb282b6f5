import { describeWithClient } from '../../helpers/clients.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import { useBrowser } from './browser.js'
import type { Visit } from './browser.js'
import { BROKEN, HOSTILE, HOSTILE_README, UNCLOSED } from './hostile-readme.js'

/** Hostile and unclosed HTML, each before text that must be visible. */
const KINDS = [...HOSTILE, ...UNCLOSED, ...BROKEN]
const AFTER = '# Title\n\n| a |\n|---|\n| The end |\n\nLast [words](https://example.com/).\n'

/** Words without a break, in all blocks. */
const LONG_WORD = 'com.example.configuration'.repeat(8)
const LONG_WORDS = `# ${LONG_WORD}

${LONG_WORD} and short words

- ${LONG_WORD} String

> ${LONG_WORD} String

| Parameter | Type | Default | Description |
|---|---|---|---|
| \`${LONG_WORD}\` | String | \`true\` | The String that the server needs: ${LONG_WORD} |
| ${LONG_WORD} | Number | 80 | https://example.com/${LONG_WORD} |

1. [${LONG_WORD}](https://example.com/) and \`code ${LONG_WORD}\` String

<details open><summary>${LONG_WORD} String</summary>

String ${LONG_WORD}

</details>
`

const SEED = {
  repositories: [
    ...KINDS.map((kind, at) => ({
      name: `kind/${at}`,
      catalogData: { aboutText: `Before.\n\n${kind}\n\n${AFTER}` }
    })),
    { name: 'team/wide', catalogData: { aboutText: LONG_WORDS, usageText: LONG_WORDS } },
    {
      name: 'team/hostile',
      catalogData: {
        description: '<img src=x onerror="window.pwned = 1">',
        aboutText: HOSTILE_README,
        usageText: UNCLOSED[0],
        architectures: ['<script>window.pwned = 1</script>'],
        operatingSystems: ['Linux']
      },
      images: [{ tags: ['v1'] }]
    },
    {
      name: 'team/app',
      catalogData: {
        description: 'Serves files',
        aboutText:
          '# App\n\n[Down](#far-down)\n\n<details><summary>More</summary>\n\nhidden **text**\n\n</details>\n\n- [x] done\n\n## Far down\n\nThere.',
        usageText: '```sh\nrun\n```'
      },
      images: [{ tags: ['v1', 'v2'] }]
    }
  ]
}

/** Returns the short words that are on several lines. */
const LIST_BROKEN_WORDS = `
  (() => {
    const broken = []
    const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      for (const { index, 0: word } of node.data.matchAll(/\\S+/g)) {
        if (word.length > 12) continue
        const range = document.createRange()
        range.setStart(node, index)
        range.setEnd(node, index + word.length)
        const tops = new Set(Array.from(range.getClientRects(), ({ top }) => Math.round(top)))
        if (tops.size > 1) broken.push(word)
      }
    }
    return broken
  })()`

/** Triggers every event on every element of a page, except following links. */
const TOUCH_EVERYTHING = `
  for (const element of document.querySelectorAll('main *')) {
    for (const type of ['mouseover', 'focus', 'click', 'load', 'error', 'toggle']) {
      const isLink = element.closest('a[href^="http"], a[href^="/"], a[href^="?"]') !== null
      if (type !== 'click' || !isLink) element.dispatchEvent(new Event(type, { bubbles: true }))
    }
  }`

describeWithClient('chromium', 'the gallery in a browser', () => {
  const openWindow = useBrowser()

  async function open(bypassCSP: boolean): Promise<Visit & { readonly url: string }> {
    const { url } = await startEmulator({ alias: 'demo', seed: SEED })
    return { url, ...(await openWindow({ bypassCSP })) }
  }

  test.each([
    ['with its Content-Security-Policy', false],
    ['without its Content-Security-Policy', true]
  ])('a hostile README does not run a script or contact another host, %s', async (_, bypassCSP) => {
    const { context, page, url, requests, dialogs, errors } = await open(bypassCSP)
    await page.goto(`${url}/demo/team/hostile`, { waitUntil: 'networkidle' })
    await page.evaluate(TOUCH_EVERYTHING)
    await page.waitForLoadState('networkidle')
    expect(await page.evaluate('window.pwned')).toBeUndefined()
    expect(page.url().split('#')[0]).toBe(`${url}/demo/team/hostile`)
    expect(requests.filter((address) => !address.startsWith(`${url}/`))).toEqual([])
    expect(context.pages()).toEqual([page])
    expect([dialogs, errors]).toEqual([[], []])
    const unsafe = await page
      .locator('main :is(script, style, iframe, form, object, embed, link, meta, base)')
      .count()
    const drawn = await page.locator('.markdown svg').count()
    expect([unsafe, drawn]).toEqual([0, 0])
    expect(await page.getByText('The end.').count()).toBe(1)
  })

  test('text after hostile and unclosed HTML is visible', async () => {
    const { page, url } = await open(false)
    const hidden: unknown[] = []
    for (const [at, kind] of KINDS.entries()) {
      await page.goto(`${url}/demo/kind/${at}`)
      const texts = [
        page.locator('.markdown p', { hasText: /^Before\.$/ }),
        page.locator('.markdown > h1', { hasText: /^Title$/ }),
        page.locator('.markdown > table td', { hasText: /^The end$/ }),
        page.locator('.markdown > p > a', { hasText: /^words$/ })
      ]
      const visible = await Promise.all(
        texts.map(async (text) => (await text.count()) === 1 && (await text.isVisible()))
      )
      if (visible.includes(false)) hidden.push([kind, visible])
    }
    expect(hidden).toEqual([])
  }, 300_000)

  test.each([360, 1280])(
    'long words wrap and short words do not break at a width of %d pixels',
    async (width) => {
      const { page, url } = await open(false)
      await page.setViewportSize({ width, height: 740 })
      await page.goto(`${url}/demo/team/wide`)
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width)
      expect(await page.evaluate(LIST_BROKEN_WORDS)).toEqual([])
      expect(await page.getByText('String').count()).toBeGreaterThan(10)
    }
  )

  test('the first page links to a repository, whose page has folded text, anchors and a pull command', async () => {
    const { page, url, errors } = await open(false)
    await page.goto(url)
    await page.getByRole('link', { name: /team\/app/ }).click()
    await page.waitForURL(`${url}/demo/team/app`)
    expect(await page.title()).toBe('team/app · demo')
    const hidden = page.getByText('hidden text')
    expect(await hidden.isVisible()).toBe(false)
    await page.getByText('More').click()
    expect(await hidden.isVisible()).toBe(true)
    await page.getByRole('link', { name: 'Down', exact: true }).click()
    expect(await page.locator(':target').textContent()).toBe('Far down')
    expect(await page.locator('code.tag').allTextContents()).toEqual(['v1', 'v2'])
    expect(await page.locator('.command pre').innerText()).toMatch(
      /^docker pull .*\/team\/app:v\d$/
    )
    expect(errors).toEqual([])
  })

  test('the Content-Security-Policy allows the style sheet and the script', async () => {
    const { page, url, errors } = await open(false)
    for (const path of ['/', '/demo/team/app', '/demo/team/hostile', '/none']) {
      await page.goto(url + path)
      expect(await page.evaluate('getComputedStyle(document.body).margin')).toBe('0px')
      expect(await page.evaluate('document.documentElement.className')).toBe('scripted')
    }
    // The browser logs an error for the page with status 404.
    expect(errors.filter((text) => !text.includes('404'))).toEqual([])
  })
})
