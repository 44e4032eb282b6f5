import type { IncomingMessage } from 'node:http'
import { registryHostOf } from '../context.js'
import type { EmulatorContext } from '../context.js'
import { HELM_CONFIG_MEDIA_TYPE } from '../images/media-types.js'
import type { Repository, Tag } from '../store/store.js'
import { badgesHtml, logoHtml, registryName } from './catalog-parts.js'
import { copyButton } from './copy-button.js'
import { countText, dateHtml } from './figures.js'
import { breakable, html } from './html.js'
import type { Html } from './html.js'
import { verifiedMark } from './page.js'
import type { PageContent } from './page.js'
import { renderMarkdown } from './render-markdown.js'
import { newestFirst } from './tag-query.js'
import type { TagQuery } from './tag-query.js'
import { tagsHtml } from './tags-part.js'

/** Returns the page of a repository with the tags that match a query. */
export async function repositoryPage(
  context: EmulatorContext,
  request: IncomingMessage,
  repository: Repository,
  query: TagQuery
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
        ${asideHtml(repository, uri, tags)}
        <div class="texts">
          <section id="about" aria-label="About">
            ${await textHtml(context, 'about', catalogData.aboutText)}
          </section>
          <section id="usage" aria-label="Usage">
            <h2 class="section">Usage</h2>
            ${await textHtml(context, 'usage', catalogData.usageText)}
          </section>
        </div>
      </div>
      ${tagsHtml(repository, uri, tags, query)}
    </article>`
  }
}

function headHtml(context: EmulatorContext, repository: Repository): Html {
  const { name, catalogData } = repository
  return html`<header class="head">
    ${logoHtml(context, repository, 'large')}
    <div>
      <h1>${breakable(name)}</h1>
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
  if (rendered !== undefined) return html`<div class="markdown">${rendered}</div>`
  return html`<p class="muted none">
      The ${part} text is too complex to be displayed as Markdown. This is its source:
    </p>
    <div class="markdown"><pre>${markdown}</pre></div>`
}

function asideHtml(repository: Repository, uri: string, tags: readonly Tag[]): Html {
  const { images, createdAt } = repository
  const newest = tags[0]
  const command = pullCommand(repository, uri, newest)
  return html`<aside aria-label="Summary">
    <h2>Pull</h2>
    <div class="command">
      <pre>${breakable(command)}</pre>
      ${copyButton(command, 'Copy the pull command')}
    </div>
    <dl>
      <dt>URI</dt>
      <dd class="copyable">
        <code>${breakable(uri)}</code> ${copyButton(uri, 'Copy the URI of the repository')}
      </dd>
      <dt>Newest tag</dt>
      <dd>
        ${newest === undefined ? 'none' : html`<code>${breakable(newest.name)}</code>, ${dateHtml(newest.createdAt)}`}
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
