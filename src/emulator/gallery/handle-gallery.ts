import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorContext } from '../context.js'
import { ICON } from './icon.js'
import { html } from './html.js'
import { contentSecurityPolicy, page } from './page.js'
import type { PageContent } from './page.js'
import { repositoriesPage } from './repositories-page.js'
import { repositoryPage } from './repository-page.js'
import { parseTagQuery } from './tag-query.js'

/**
 * Serves the gallery: `/` lists the repositories, `/ALIAS/NAME` shows a repository. The pages do
 * not load anything from other hosts.
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
  return repositoryPage(context, request, repository, parseTagQuery(url.searchParams))
}

function notFoundPage(): PageContent {
  return {
    title: 'Not found',
    main: html`<section class="empty">
      <h1>Page not found</h1>
      <p>
        The registry does not have a repository with this name. <a href="/">All repositories</a>
      </p>
    </section>`
  }
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
    // Chromium would otherwise resolve the hosts of links in advance.
    'x-dns-prefetch-control': 'off',
    ...headers
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
