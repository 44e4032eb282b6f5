import type { IncomingMessage } from 'node:http'
import { registryHostOf } from '../context.js'
import type { EmulatorContext } from '../context.js'
import { HELM_CONFIG_MEDIA_TYPE } from '../images/media-types.js'
import type { Repository, Tag } from '../store/store.js'
import { badgesHtml, logoHtml, registryName } from './catalog-parts.js'
import { countText, dateHtml } from './figures.js'
import { html } from './html.js'
import type { Html } from './html.js'
import { verifiedMark } from './page.js'
import type { PageContent } from './page.js'
import { renderMarkdown } from './render-markdown.js'
import { newestFirst, tagsHtml } from './tags-part.js'

/**
 * Returns the page of a repository.
 *
 * @param pageNumber the page of the tag list, from 1
 */
export async function repositoryPage(
  context: EmulatorContext,
  request: IncomingMessage,
  repository: Repository,
  pageNumber: number
): Promise<PageContent> {
  const { settings } = context
  const { name, catalogData } = repository
  const uri = `${registryHostOf(context, request)}/${settings.alias}/${name}`
  const tags = newestFirst(repository)
  return {
    title: `${name} · ${registryName(context)}`,
    main: html`<article>
      ${headHtml(context, repository)}
      <nav class="tabs" aria-label="Sections">
        <a href="#about">About</a><a href="#usage">Usage</a
        ><a href="#tags"
          >Image tags <span class="count">${tags.length.toLocaleString('en-US')}</span></a
        >
      </nav>
      <div class="columns">
        <div class="texts">
          <section id="about" aria-label="About">
            ${await textHtml(context, 'about', catalogData.aboutText)}
          </section>
          <section id="usage" aria-label="Usage">
            <h2 class="section">Usage</h2>
            ${await textHtml(context, 'usage', catalogData.usageText)}
          </section>
        </div>
        ${asideHtml(repository, uri, tags)}
      </div>
      ${tagsHtml(repository, tags, pageNumber)}
    </article>`
  }
}

function headHtml(context: EmulatorContext, repository: Repository): Html {
  const { name, catalogData } = repository
  return html`<header class="head">
    ${logoHtml(context, repository, 'large')}
    <div>
      <h1>${name}</h1>
      <p class="muted">by ${registryName(context)}${context.settings.verified && verifiedMark()}</p>
      ${catalogData.description !== undefined && html`<p class="description">${catalogData.description}</p>`}
      ${badgesHtml(catalogData)}
    </div>
  </header>`
}

async function textHtml(
  { settings }: EmulatorContext,
  part: 'about' | 'usage',
  markdown: string | undefined
): Promise<Html> {
  if (markdown === undefined || markdown.trim() === '') {
    return html`<p class="muted none">No ${part} text</p>`
  }
  const rendered = await renderMarkdown(markdown, {
    externalImages: settings.galleryImages === 'loaded',
    anchorPrefix: `${part}-`
  })
  return html`<div class="markdown">${rendered}</div>`
}

function asideHtml(repository: Repository, uri: string, tags: readonly Tag[]): Html {
  const { images, createdAt } = repository
  const newest = tags[0]
  return html`<aside>
    <h2>Pull</h2>
    <pre class="command">${pullCommand(repository, uri, newest)}</pre>
    <dl>
      <dt>URI</dt>
      <dd><code>${uri}</code></dd>
      <dt>Newest tag</dt>
      <dd>
        ${newest === undefined ? 'none' : html`<code>${newest.name}</code>, ${dateHtml(newest.createdAt)}`}
      </dd>
      <dt>Images</dt>
      <dd>${countText(images.size, 'image')}, ${countText(tags.length, 'tag')}</dd>
      <dt>Created</dt>
      <dd>${dateHtml(createdAt)}</dd>
    </dl>
  </aside>`
}

/** Returns the command that pulls `latest` or the newest tag, with Helm for a chart. */
export function pullCommand(
  { tags, images }: Repository,
  uri: string,
  newest: Tag | undefined
): string {
  const tag = tags.get('latest') ?? newest
  if (tag === undefined) return `docker pull ${uri}`
  const isChart = images.get(tag.digest)?.artifactMediaType === HELM_CONFIG_MEDIA_TYPE
  return isChart ? `helm pull oci://${uri} --version ${tag.name}` : `docker pull ${uri}:${tag.name}`
}
