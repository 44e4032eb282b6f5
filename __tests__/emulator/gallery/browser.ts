import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { getClient } from '../../helpers/clients.js'

/** A name that Chromium resolves to the loopback, as if an attacker had rebound it. */
export const REBOUND_NAME = 'rebound.test'

/** A browser without background services or processes of a desktop. */
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
  // A request to another host would start with a DNS query.
  `--host-resolver-rules=MAP ${REBOUND_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`
]

/** A window with a record of its events. */
export interface Visit {
  readonly context: BrowserContext
  readonly page: Page
  /** The requested URLs. */
  readonly requests: string[]
  readonly dialogs: string[]
  readonly errors: string[]
}

/**
 * Starts a browser before the tests of a suite, and ends it after them. Returns a function that opens a window, which
 * is closed after the test.
 */
export function useBrowser(): (options?: BrowserContextOptions) => Promise<Visit> {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: getClient('chromium'), args: FLAGS })
  })
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close()
  })
  afterAll(async () => {
    await browser.close()
  })
  return async (options = {}) => {
    const context = await browser.newContext(options)
    const page = await context.newPage()
    const visit: Visit = { context, page, requests: [], dialogs: [], errors: [] }
    context.on('request', (request) => visit.requests.push(request.url()))
    page.on('dialog', (dialog) => {
      visit.dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    page.on('console', (message) => {
      if (message.type() === 'error') visit.errors.push(message.text())
    })
    page.on('pageerror', (error) => visit.errors.push(error.message))
    return visit
  }
}
