import type { Locator, Page } from 'playwright-core'
import { describeWithClient } from '../../helpers/clients.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import { REBOUND_NAME, useBrowser } from './browser.js'

/** 1,000 tags: `1.0.0` (newest) to `1.99.9`, of which each tenth is for two platforms. */
const MANY_TAGS = Array.from({ length: 1000 }, (_, at) => ({
  tags: [
    {
      tag: `1.${String(Math.floor(at / 10))}.${String(at % 10)}`,
      createdAt: new Date(Date.UTC(2026, 0, 1) - at * 3_600_000).toISOString()
    }
  ],
  platforms: at % 10 === 0 ? ['linux/amd64', 'linux/arm64'] : ['linux/amd64']
}))

const SEED = {
  repositories: [
    { name: 'team/many', images: MANY_TAGS },
    { name: 'team/app', images: [{ tags: ['v1'] }] }
  ]
}

const tagsOf = (page: Page): Locator => page.locator('code.tag')
const countOf = (page: Page): Locator => page.locator('#tag-count')

/** Waits for a count of tags, which is the last thing that a search changes before the tags. */
async function waitForCount(page: Page, text: string): Promise<void> {
  await countOf(page)
    .filter({ hasText: new RegExp(`^${text}$`) })
    .waitFor()
}

/** Returns the number of lines of the announcement. */
const COUNT_LINES = `
  (() => {
    const range = document.createRange()
    range.selectNodeContents(document.querySelector('#announcement'))
    return new Set([...range.getClientRects()].map(({ top }) => top)).size
  })()`

describeWithClient('chromium', 'the tags of a repository', () => {
  const openWindow = useBrowser()

  test('a search finds tags on all pages while the user types, and its address can be opened again', async () => {
    const { url } = await startEmulator({ alias: 'demo', seed: SEED })
    const { page, errors } = await openWindow()
    await page.goto(`${url}/demo/team/many?page=3#tags`)
    await waitForCount(page, '1,000 tags')
    expect(await tagsOf(page).count()).toBe(50)
    await page.getByLabel('Tag or digest').focus()
    await page.keyboard.type('1.99.')
    // A slow machine also searches what was typed before, such as `1.99`, which has the same count.
    await page.waitForURL(`${url}/demo/team/many?search=1.99.#tags`)
    await waitForCount(page, '10 of 1,000 tags')
    expect(await tagsOf(page).allTextContents()).toEqual(
      Array.from({ length: 10 }, (_, at) => `1.99.${String(at)}`)
    )
    expect(await page.evaluate('document.activeElement.name')).toBe('search')

    await page.reload()
    expect(await page.getByLabel('Tag or digest').inputValue()).toBe('1.99.')
    expect(await tagsOf(page).count()).toBe(10)
    await page.getByLabel('Tag or digest').fill('no such tag')
    await waitForCount(page, 'None of 1,000 tags matches.')
    expect(await page.locator('#tag-list').innerText()).toBe('')
    await page.getByLabel('Tag or digest').fill('')
    await waitForCount(page, '1,000 tags')
    expect(errors).toEqual([])
  })

  test('a type and a search are combined, and the links to other pages keep them', async () => {
    const { url } = await startEmulator({ alias: 'demo', seed: SEED })
    const { page } = await openWindow()
    await page.goto(`${url}/demo/team/many`)
    const type = page.getByLabel('Type')
    expect(await type.locator('option').allTextContents()).toEqual([
      'All types',
      'Image',
      'Multi-platform image'
    ])
    await type.selectOption('Multi-platform image')
    await waitForCount(page, '100 of 1,000 tags')
    await page.getByRole('link', { name: 'Older' }).click()
    await page.getByText('Page 2 of 2').waitFor()
    expect(await tagsOf(page).first().textContent()).toBe('1.50.0')
    expect(await type.inputValue()).toBe('Multi-platform image')
    await page.getByLabel('Tag or digest').fill('1.7')
    await waitForCount(page, '11 of 1,000 tags')
  })

  test('a search finds a digest', async () => {
    const { url } = await startEmulator({ alias: 'demo', seed: SEED })
    const { page } = await openWindow()
    await page.goto(`${url}/demo/team/many?page=20`)
    const digest = (await page.locator('code.digest').last().textContent())!
    await page.getByLabel('Tag or digest').fill(digest.slice(0, 30).toUpperCase())
    await waitForCount(page, '1 of 1,000 tags')
    expect(await tagsOf(page).allTextContents()).toEqual(['1.99.9'])
  })

  test('reports a search that failed because the emulator does not respond', async () => {
    const emulator = await startEmulator({ alias: 'demo', seed: SEED })
    const { page } = await openWindow()
    await page.goto(`${emulator.url}/demo/team/many`)
    await emulator.close()
    await page.getByLabel('Tag or digest').fill('1')
    await page.getByText('The search failed. Check that the emulator is running.').waitFor()
    expect(await tagsOf(page).count()).toBe(50)
  })

  test('without JavaScript, all texts and tags are shown, and and controls that require it are hidden', async () => {
    const { url, host } = await startEmulator({ alias: 'demo', seed: SEED })
    const { page } = await openWindow({ javaScriptEnabled: false })
    await page.goto(`${url}/demo/team/many`)
    expect(await page.locator('.command pre').innerText()).toBe(
      `docker pull ${host}/demo/team/many:1.0.0`
    )
    for (const control of await page.locator('button, input, select, label').all()) {
      expect(await control.isVisible()).toBe(false)
    }
    const seen = new Set<string>()
    for (let number = 1; number <= 20; number++) {
      await page.getByText(`Page ${String(number)} of 20`).waitFor()
      for (const tag of await tagsOf(page).allTextContents()) seen.add(tag)
      if (number < 20) await page.getByRole('link', { name: 'Older' }).click()
    }
    expect(seen.size).toBe(1000)
    expect(await page.locator('code.digest').first().innerText()).toMatch(/^sha256:[0-9a-f]{64}$/)
  }, 300_000)

  // The clipboard API exists on the loopback only. With another name, the page copies a selection.
  test.each(['127.0.0.1', REBOUND_NAME])(
    'the keyboard copies the pull command, URIs and digests on the page of %s',
    async (name) => {
      const { url, host } = await startEmulator({ alias: 'demo', seed: SEED })
      const shown = host.replace('127.0.0.1', name)
      const { page, errors } = await openWindow()
      await page.goto(`${url.replace('127.0.0.1', name)}/demo/team/app`)
      const digest = (await page.locator('code.digest').textContent())!
      const copies: [string, string][] = [
        ['Copy the pull command', `docker pull ${shown}/demo/team/app:v1`],
        ['Copy the URI of the repository', `${shown}/demo/team/app`],
        ['Copy the URI of v1', `${shown}/demo/team/app:v1`],
        ['Copy the digest of v1', digest]
      ]
      for (const [label, text] of copies) {
        await page.getByRole('button', { name: label, exact: true }).focus()
        await page.keyboard.press('Enter')
        await page.getByRole('status').getByText(label.replace('Copy', 'Copied')).waitFor()
        expect(await page.evaluate('document.activeElement.ariaLabel')).toBe(label)
        const search = page.getByLabel('Tag or digest')
        await search.focus()
        await page.keyboard.press('Control+A')
        await page.keyboard.press('Control+V')
        expect(await search.inputValue()).toBe(text)
        // A search replaces the list of tags, and a button in it would lose the focus.
        await page.waitForURL((address) => address.searchParams.get('search') === text)
        await search.fill('')
        await page.waitForURL((address) => !address.searchParams.has('search'))
      }
      expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
      expect(errors).toEqual([])
    }
  )

  test('an announcement has one line at a width of 320 pixels', async () => {
    const { url } = await startEmulator({ alias: 'demo', seed: SEED })
    const { page } = await openWindow({ viewport: { width: 320, height: 640 } })
    await page.goto(`${url}/demo/team/app`)
    await page.getByRole('button', { name: 'Copy the pull command' }).click()
    const status = page.getByRole('status')
    await status.getByText('Copied').waitFor()
    const lines = await page.evaluate(COUNT_LINES)
    expect(lines).toBe(1)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
  })

  test('a text that the browser does not copy is announced', async () => {
    const { url } = await startEmulator({ alias: 'demo', seed: SEED })
    const { page } = await openWindow()
    await page.addInitScript(
      "navigator.clipboard.writeText = () => Promise.reject(new Error('denied')); document.execCommand = () => false"
    )
    await page.goto(`${url}/demo/team/app`)
    await page.getByRole('button', { name: 'Copy the pull command' }).click()
    await page.getByRole('status').getByText('The browser did not allow copying.').waitFor()
    expect(await page.locator('textarea').count()).toBe(0)
  })
})
