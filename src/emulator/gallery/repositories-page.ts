import type { IncomingMessage } from 'node:http'
import { registryHostOf } from '../context.js'
import type { EmulatorContext } from '../context.js'
import type { Repository } from '../store/store.js'
import { badgesHtml, logoHtml, registryName } from './catalog-parts.js'
import { copyButton } from './copy-button.js'
import { countText, dayHtml } from './figures.js'
import { breakable, html } from './html.js'
import type { Html } from './html.js'
import type { PageContent } from './page.js'

/** Returns the page of the registry: the list of its repositories by name. */
export function repositoriesPage(context: EmulatorContext, request: IncomingMessage): PageContent {
  const { settings, store } = context
  const repositories = [...store.repositories.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  const uri = `${registryHostOf(context, request)}/${settings.alias}`
  return {
    title: `${registryName(context)} · repositories`,
    main: html`<section class="intro">
        <h1>${registryName(context)}</h1>
        <p class="muted">
          <code>${breakable(uri)}</code> ·
          ${countText(repositories.length, 'repository', 'repositories')}
        </p>
      </section>
      ${repositories.length === 0 ? emptyHtml(`http://${request.headers.host ?? ''}`) : listHtml(context, repositories)}`
  }
}

function listHtml(context: EmulatorContext, repositories: readonly Repository[]): Html {
  return html`<ul class="cards">
    ${repositories.map((repository) => cardHtml(context, repository))}
  </ul>`
}

function cardHtml(context: EmulatorContext, repository: Repository): Html {
  const { name, catalogData, images, tags, createdAt } = repository
  let updatedAt = createdAt
  for (const { pushedAt } of images.values()) updatedAt = Math.max(updatedAt, pushedAt)
  return html`<li>
    <a class="card" href="/${context.settings.alias}/${name}">
      ${logoHtml(context, repository, 'small')}
      <span class="card-text"
        ><strong>${breakable(name)}</strong>
        ${descriptionHtml(catalogData.description)} ${badgesHtml(catalogData)}
        <span class="muted"
          >${countText(tags.size, 'tag')} · updated ${dayHtml(updatedAt)}</span
        ></span
      >
    </a>
  </li>`
}

function descriptionHtml(description: string | undefined): Html {
  if (description) return html`<span class="description">${description}</span>`
  return html`<span class="undescribed">No description</span>`
}

function emptyHtml(endpoint: string): Html {
  const command = `aws ecr-public create-repository --repository-name team/app --region us-east-1 --endpoint-url ${endpoint}`
  return html`<section class="empty">
    <h2>No repositories yet</h2>
    <p>Create a repository:</p>
    <div class="command">
      <pre>${command}</pre>
      ${copyButton(command, 'Copy the command')}
    </div>
  </section>`
}
