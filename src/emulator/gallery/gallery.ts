import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'
import { ICON } from './icon.js'
import { notFoundPage } from './not-found-page.js'
import { contentSecurityPolicy, page } from './page.js'
import type { PageContent } from './page.js'
import { repositoriesPage } from './repositories-page.js'
import { repositoryPage } from './repository-page.js'

/**
 * Answers the pages that a person looks at: `/` lists the repositories, `/ALIAS/NAME` shows what the
 * gallery would show of one. They need no script, and load nothing from elsewhere.
 */
export async function handleGallery(
  request: IncomingMessage,
  response: ServerResponse,
  context: EmulatorContext
): Promise<void> {
  const url = new URL(`http://gallery.invalid${request.url ?? '/'}`)
  if (url.pathname === '/favicon.ico' || url.pathname === '/favicon.svg') {
    send(request, response, 200, 'image/svg+xml', ICON.toString())
    return
  }
  const content = await findPage(url, request, context)
  const body = page(content ?? notFoundPage(), context).toString()
  send(request, response, content === undefined ? 404 : 200, 'text/html; charset=utf-8', body, {
    'content-security-policy': contentSecurityPolicy(context)
  })
}

async function findPage(
  url: URL,
  request: IncomingMessage,
  context: EmulatorContext
): Promise<PageContent | undefined> {
  if (url.pathname === '/') return repositoriesPage(context, request)
  const [alias, ...name] = url.pathname.replace(/\/$/, '').slice(1).split('/')
  if (alias !== context.settings.alias) return undefined
  const repository = context.store.findRepository(name.join('/'))
  if (repository === undefined) return undefined
  const number = Number(url.searchParams.get('page') ?? 1)
  return repositoryPage(context, request, repository, Number.isSafeInteger(number) ? number : 1)
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string,
  headers: Readonly<Record<string, string>> = {}
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    // Chromium resolves the hosts of links before anybody follows them.
    'x-dns-prefetch-control': 'off',
    ...headers
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
