import {
  PutRegistryCatalogDataCommand,
  PutRepositoryCatalogDataCommand
} from '@aws-sdk/client-ecr-public'
import axe from 'axe-core'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { describeWithClient } from '../../helpers/clients.js'
import { startEmulator } from '../../helpers/start-emulator.js'
import { createClient } from '../create-client.js'
import { useBrowser } from './browser.js'
import { HOSTILE_README } from './hostile-readme.js'
import { RICH_README } from './rich-readme.js'

const LONG_NAME = `organization/${'a-repository-with-a-long-name/'.repeat(3)}app`

const SEED = {
  repositories: [
    {
      name: 'team/app',
      catalogData: {
        description: 'Serves files',
        aboutText: RICH_README,
        usageText: RICH_README,
        architectures: ['ARM 64', 'x86-64'],
        operatingSystems: ['Linux']
      },
      images: [
        { tags: ['v1', 'latest'] },
        { tags: ['t'.repeat(128)], platforms: ['linux/amd64', 'linux/arm64'] },
        ...Array.from({ length: 60 }, (_, at) => ({ tags: [`0.${String(at)}`] }))
      ]
    },
    {
      name: 'team/hostile',
      catalogData: { description: 'x'.repeat(1000), aboutText: HOSTILE_README },
      images: [{ tags: ['v1'] }]
    },
    { name: LONG_NAME }
  ]
}

const PATHS = ['/', '/demo/team/app', '/demo/team/hostile', `/demo/${LONG_NAME}`, '/none']

/** A PNG image of 60 by 60 pixels; the emulator reads the header only. */
const LOGO = Buffer.from('89504e470d0a1a0a0000000d494844520000003c0000003c0802000000', 'hex')

/** Returns the findings of axe-core as `impact rule: target`. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run(document)')
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target }) => `${String(impact)} ${id}: ${target.join(' ')}`)
  )
}

/** Returns the words of table cells that are broken into two lines. */
const BROKEN_WORDS = `
  [...document.querySelectorAll('.markdown :is(th, td)')].flatMap((cell) => {
    const broken = []
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      for (const { 0: word, index } of texts.currentNode.data.matchAll(/\\S+/g)) {
        const range = document.createRange()
        range.setStart(texts.currentNode, index)
        range.setEnd(texts.currentNode, index + word.length)
        if (new Set([...range.getClientRects()].map(({ top }) => top)).size > 1) broken.push(word)
      }
    }
    return broken
  })`

describeWithClient('chromium', 'the gallery for all users', () => {
  const openWindow = useBrowser()

  async function startGallery(): Promise<string> {
    const emulator = await startEmulator({ alias: 'demo', seed: SEED, verified: true })
    const client = createClient(emulator)
    await client.send(new PutRegistryCatalogDataCommand({ displayName: 'Example Corp' }))
    await client.send(
      new PutRepositoryCatalogDataCommand({
        repositoryName: LONG_NAME,
        catalogData: { logoImageBlob: LOGO }
      })
    )
    return emulator.url
  }

  test.each([
    { colorScheme: 'light', width: 1100 },
    { colorScheme: 'dark', width: 1100 },
    { colorScheme: 'light', width: 320 },
    { colorScheme: 'dark', width: 320 }
  ] as const)('axe-core finds nothing: $colorScheme, $width px', async ({ colorScheme, width }) => {
    const url = await startGallery()
    const { page } = await openWindow({ colorScheme, viewport: { width, height: 800 } })
    for (const path of PATHS) {
      await page.goto(url + path, { waitUntil: 'load' })
      await page.evaluate(
        "document.querySelectorAll('details').forEach((each) => each.open = true)"
      )
      expect([path, await findings(page)]).toEqual([path, []])
    }
  })

  test('axe-core finds nothing on the page of an empty registry', async () => {
    const { url } = await startEmulator()
    const { page } = await openWindow({ colorScheme: 'dark' })
    await page.goto(url)
    expect(await findings(page)).toEqual([])
  })

  test('a dark page is dark, and a light page is light', async () => {
    const url = await startGallery()
    const colors = new Map<string, unknown>()
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await openWindow({ colorScheme })
      await page.goto(`${url}/demo/team/app`)
      const color = await page.evaluate(
        "['backgroundColor', 'color'].map((name) => getComputedStyle(document.body)[name])"
      )
      colors.set(colorScheme, color)
    }
    expect(Object.fromEntries(colors)).toEqual({
      light: ['rgb(245, 247, 249)', 'rgb(22, 25, 31)'],
      dark: ['rgb(15, 19, 24)', 'rgb(230, 234, 240)']
    })
  })

  test('no page is wider than the screen, and no word of a table is broken, at any width', async () => {
    const url = await startGallery()
    const { page } = await openWindow()
    for (const path of PATHS) {
      await page.goto(url + path)
      await page.evaluate(
        "document.querySelectorAll('details').forEach((each) => each.open = true)"
      )
      for (const width of [320, 360, 480, 561, 700, 861, 1024, 1440, 2560]) {
        await page.setViewportSize({ width, height: 800 })
        const scrolled = await page.evaluate('document.documentElement.scrollWidth')
        const broken = await page.evaluate(BROKEN_WORDS)
        expect({ path, width, scrolled, broken }).toEqual({
          path,
          width,
          scrolled: width,
          broken: []
        })
      }
    }
  })

  test('the keyboard reaches each control with a visible focus, in the order of the page', async () => {
    const url = await startGallery()
    const { page } = await openWindow({ viewport: { width: 1100, height: 800 } })
    await page.goto(`${url}/demo/team/app`, { waitUntil: 'load' })
    const names: string[] = []
    for (let at = 0; at < 60 && names.at(-1)?.startsWith('Copy the digest') !== true; at++) {
      await page.keyboard.press('Tab')
      const [name, outline, isCovered] = await page.evaluate<[string, string, boolean]>(`(() => {
        const element = document.activeElement
        const { left, top } = element.getBoundingClientRect()
        const name = element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent.trim().replace(/\\s+/g, ' ')
        const tabs = document.querySelector('.tabs')
        const isCovered = !tabs.contains(element) && top >= 0 && tabs.contains(document.elementFromPoint(left + 1, top + 1))
        return [element.tagName === 'TABLE' || element.tagName === 'PRE' ? element.tagName : name, getComputedStyle(element).outlineStyle, isCovered]
      })()`)
      expect({ name, outline, isCovered }).toEqual({ name, outline: 'solid', isCovered: false })
      names.push(name)
    }
    expect(names.slice(0, 7)).toEqual([
      'Skip to the content',
      'Public gallery',
      'About',
      'Usage',
      'Image tags 63',
      'Copy the pull command',
      'Copy the URI of the repository'
    ])
    expect(names).toEqual(expect.arrayContaining(['the documentation', 'TABLE', 'PRE', 'More']))
    expect(names.slice(-4)).toEqual([
      'Tag or digest',
      'Type',
      expect.stringMatching(/^Copy the URI of /),
      expect.stringMatching(/^Copy the digest of /)
    ])
  })

  test('a table that fits is not a stop of the keyboard, and one that does not fit scrolls by it', async () => {
    const url = await startGallery()
    const { page } = await openWindow({ viewport: { width: 2000, height: 800 } })
    await page.goto(`${url}/demo/team/app`, { waitUntil: 'load' })
    const options = page.locator('#about .markdown > table').nth(1)
    expect(await options.getAttribute('tabindex')).toBeNull()
    await page.setViewportSize({ width: 320, height: 800 })
    await page.locator('#about .markdown > table[tabindex="0"]').nth(1).focus()
    await page.keyboard.press('ArrowRight')
    // `waitForFunction` would call `eval`, which the content security policy of the gallery does not allow.
    await page.evaluate(`new Promise((resolve) => {
      const { activeElement } = document
      if (activeElement.scrollLeft > 0) resolve()
      else activeElement.addEventListener('scroll', () => resolve())
    })`)
  })
})
