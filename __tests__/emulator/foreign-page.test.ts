import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { describeWithClient } from '../helpers/clients.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { REBOUND_NAME, useBrowser } from './gallery/browser.js'

const SEED = { repositories: [{ name: 'team/app', images: [{ tags: ['v1'] }] }] }

/** The requests that a page can send without a preflight request, to each endpoint that changes something. */
const SIMPLE_REQUESTS = ['reset', 'seed', 'faults', 'snapshot', 'restore', 'clock'].flatMap(
  (name) =>
    ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'].map(
      (type) => ({ path: `/_emulator/${name}`, type, body: bodyOf(name) })
    )
)

/** The API reads the operation from a header, or, for STS, from the body. */
const API_REQUESTS = [
  { path: '/', type: 'text/plain', body: '{}' },
  {
    path: '/',
    type: 'application/x-www-form-urlencoded',
    body: 'Action=GetCallerIdentity&Version=2011-06-15'
  },
  {
    path: '/',
    type: 'application/x-amz-json-1.1',
    target: 'SpencerFrontendService.DeleteRepository',
    body: JSON.stringify({ repositoryName: 'team/app', force: true })
  }
]

function bodyOf(name: string): string {
  if (name === 'faults') return JSON.stringify({ operation: '*', fault: 'server-error', count: 9 })
  if (name === 'clock') return JSON.stringify({ advance: '13h' })
  return JSON.stringify({ repositories: [{ name: 'team/evil' }] })
}

/** Sends a request as the script of a page, and resolves with its status, or 0 if the browser does not reveal it. */
const SEND = `async ({ url, path, type, target, body, method = 'POST', mode }) => {
  const headers = { 'content-type': type, ...(target && { 'x-amz-target': target }) }
  const init = method === 'GET' ? { mode } : { method, mode, headers: type && headers, body }
  return fetch(url + path, init).then(({ status }) => status, () => 0)
}`

/** Returns a page of another origin on the loopback, which is closed after the test. */
async function startForeignPage(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>x</title>')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`, close }
}

/** Returns everything that a request could have changed. */
async function stateOf({ url }: RunningEmulator): Promise<unknown> {
  const faults: unknown = await (await fetch(`${url}/_emulator/faults`)).json()
  const { now } = (await (await fetch(`${url}/_emulator/clock`)).json()) as { now: string }
  const list = await (await fetch(url)).text()
  const names = [...list.matchAll(/href="\/demo\/([^"]+)"/g)].map(([, name]) => name)
  const isAhead = Date.parse(now) - Date.now() > 3_600_000
  return { faults, names, isAhead }
}

const UNCHANGED = { faults: [], names: ['team/app'], isAhead: false }

/** Records the statuses of responses, which the browser does not reveal to the page. */
function recordStatuses(emulator: RunningEmulator): number[] {
  const statuses: number[] = []
  emulator.onRequest((_, response) => {
    response.once('finish', () => statuses.push(response.statusCode))
  })
  return statuses
}

describeWithClient('chromium', 'a web page of another origin', () => {
  const openWindow = useBrowser()
  const pages: { close(): Promise<void> }[] = []

  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close()
  })

  async function openForeignPage(): Promise<Page> {
    const foreign = await startForeignPage()
    pages.push(foreign)
    const { page } = await openWindow()
    await page.goto(foreign.url)
    return page
  }

  test.each(['cors', 'no-cors'])('changes nothing by a simple request in mode %s', async (mode) => {
    const emulator = await startEmulator({ alias: 'demo', seed: SEED })
    const page = await openForeignPage()
    const statuses = recordStatuses(emulator)
    const requests = [...SIMPLE_REQUESTS, ...API_REQUESTS.slice(0, 2)]
    for (const request of requests) {
      const sent = { url: emulator.url, mode, ...request }
      expect(await page.evaluate(`(${SEND})(${JSON.stringify(sent)})`)).toBe(0)
    }
    expect(statuses).toEqual(requests.map(() => 403))
    expect(await stateOf(emulator)).toEqual(UNCHANGED)
  })

  test('cannot send the requests that need a preflight request, or read a response', async () => {
    const emulator = await startEmulator({ alias: 'demo', seed: SEED })
    const page = await openForeignPage()
    const requests = [
      ...API_REQUESTS,
      { path: '/_emulator/faults', method: 'DELETE' },
      { path: '/_emulator/requests', method: 'DELETE' },
      { path: '/_emulator/requests', method: 'GET' },
      { path: '/_emulator/id-token', method: 'GET' },
      { path: '/demo/team/app', method: 'GET' }
    ]
    for (const request of requests) {
      const sent = { url: emulator.url, ...request }
      expect(await page.evaluate(`(${SEND})(${JSON.stringify(sent)})`)).toBe(0)
    }
    expect(await stateOf(emulator)).toEqual(UNCHANGED)
  })

  test('changes nothing by a form or a beacon', async () => {
    const emulator = await startEmulator({ alias: 'demo', seed: SEED })
    const page = await openForeignPage()
    const statuses = recordStatuses(emulator)
    const answered = new Promise((resolve) => {
      emulator.onRequest((_, response) => response.once('close', resolve))
    })
    await page.evaluate(
      `navigator.sendBeacon(${JSON.stringify(`${emulator.url}/_emulator/reset`)}, '{}')`
    )
    await answered
    expect(statuses).toEqual([403])
    const form = `<form method="post" enctype="text/plain" action="${emulator.url}/_emulator/reset"><input name="{" value="}"></form>`
    await page.setContent(form)
    const navigation = page.waitForResponse((response) => response.url().endsWith('/reset'))
    await page.evaluate("document.querySelector('form').submit()")
    expect((await navigation).status()).toBe(403)
    expect(await stateOf(emulator)).toEqual(UNCHANGED)
  })
})

describeWithClient('chromium', 'a web page whose host name was rebound to this machine', () => {
  const openWindow = useBrowser()

  test('changes nothing and reads nothing of the control endpoints and the API', async () => {
    const emulator = await startEmulator({ alias: 'demo', seed: SEED })
    const url = emulator.url.replace('127.0.0.1', REBOUND_NAME)
    // The page of the attacker has the same origin as this page. Its own policy would not refuse the requests.
    const { page } = await openWindow({ bypassCSP: true })
    await page.goto(url)
    const requests = [
      ...SIMPLE_REQUESTS,
      ...API_REQUESTS,
      { path: '/_emulator/requests', method: 'GET' },
      { path: '/_emulator/requests', method: 'DELETE' },
      { path: '/_emulator/faults', method: 'DELETE' },
      { path: '/_emulator/id-token', method: 'GET' }
    ]
    for (const request of requests) {
      const sent = { url, ...request }
      const status = await page.evaluate(`(${SEND})(${JSON.stringify(sent)})`)
      expect({ request, status }).toEqual({ request, status: 403 })
    }
    expect(await stateOf(emulator)).toEqual(UNCHANGED)
  })

  test('the own page of the emulator can use the control endpoints', async () => {
    const emulator = await startEmulator({ alias: 'demo', seed: SEED })
    const { page } = await openWindow()
    await page.goto(emulator.url)
    const sent = { ...SIMPLE_REQUESTS[0], url: emulator.url }
    expect(await page.evaluate(`(${SEND})(${JSON.stringify(sent)})`)).toBe(200)
    expect(await stateOf(emulator)).toEqual({ ...UNCHANGED, names: ['team/evil'] })
  })
})
