import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { summarizeCleanup } from '../../src/cleanup-tags/summarize-cleanup.js'
import { renderSummary } from '../../src/runner/summary.js'
import { DRY_RUN, resultOf, rowOf } from '../helpers/cleanup-results.js'
import { describeWithClient, getClient } from '../helpers/clients.js'
import { summaryPage } from '../helpers/summary-page.js'

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking']

/** The width of a job summary on GitHub in CSS pixels. */
const WIDTH = 1012

const PARTS = [
  'api',
  'worker',
  'web-frontend',
  'migration',
  'very-long-component-name-of-a-service'
]
const SUFFIXES = ['', '-ubuntu24.04', `-${'feature-branch-with-a-long-name-'.repeat(2)}4f2a91c`]

/** Returns 60 repositories with 500 tags each, of which many are long. */
const results = Array.from({ length: 60 }, (_, at) => {
  const name = `platform/${PARTS[at % PARTS.length]!}-${String(at).padStart(2, '0')}`
  const hex = (day: number): string => day.toString(16).padStart(64, '0')
  const rows = Array.from({ length: 500 }, (_row, day) => {
    const tag = `1.${String(day)}.0${SUFFIXES[day % SUFFIXES.length]!}`
    return rowOf(day % 7 === 0 ? `sha256-${hex(day)}.sig` : tag, (day * (at + 1)) % 700)
  })
  return resultOf(name, rows)
})

describeWithClient('chromium', 'the job summary of 60 repositories with 500 tags each', () => {
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: getClient('chromium'), args: FLAGS })
    page = await browser.newPage({ viewport: { width: WIDTH, height: 800 } })
    const blocks = summarizeCleanup(results, {
      ...DRY_RUN,
      warnings: ['The clock of this machine is 40 d ahead of the clock of ECR Public.'],
      unreadable: [{ repository: 'platform/denied', reason: 'AccessDeniedException: not allowed' }]
    })
    await page.setContent(summaryPage(renderSummary('ECR Public: cleanup-tags (dry run)', blocks)))
  })

  afterAll(async () => {
    await browser.close()
  })

  test('shows every repository in the first table, before any collapsed section', async () => {
    const names = await page.locator('table').first().locator('td:first-child').allTextContents()
    expect(names.slice(1).sort()).toEqual(
      [...results.map(({ repository }) => repository), 'platform/denied'].sort()
    )
  })

  test('fits into the width of the page without scrolling sideways, also with all sections open', async () => {
    await page.evaluate(
      `document.querySelectorAll('details').forEach((each) => each.setAttribute('open', ''))`
    )
    const excess = await measure('table', 'element.scrollWidth - element.clientWidth')
    expect(excess).toHaveLength(60 + 4)
    expect(excess.filter((pixels) => pixels > 0)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(WIDTH)
  })

  test('shows each row of the first table on at most two lines, and usual names on one line', async () => {
    const rows = 'main > table:first-of-type tr:has(td)'
    const heights = await measure(rows, 'element.offsetHeight')
    expect(heights).toHaveLength(62)
    expect(Math.max(...heights)).toBeLessThan(3 * 24)
    const usual = await measure(`${rows}:has(td:first-child[nowrap])`, 'element.offsetHeight')
    expect(usual.length).toBeGreaterThanOrEqual(48)
    expect(Math.max(...usual)).toBeLessThan(2 * 24)
  })

  test('shows reasons in at most three lines', async () => {
    const heights = await measure('details tr', 'element.offsetHeight')
    expect(Math.max(...heights)).toBeLessThan(4 * 24)
  })

  /** Evaluates an expression on each element that a selector matches. */
  function measure(selector: string, expression: string): Promise<number[]> {
    return page.evaluate(
      `[...document.querySelectorAll('${selector}')].map((element) => ${expression})`
    )
  }
})
