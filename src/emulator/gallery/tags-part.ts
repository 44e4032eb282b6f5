import type { Image, Repository, Tag } from '../store/store.js'
import { copyButton } from './copy-button.js'
import { countText, dateHtml, sizeText } from './figures.js'
import { breakable, html } from './html.js'
import type { Html } from './html.js'
import { kindOf, kindsOf, matchingTags, tagQueryText } from './tag-query.js'
import type { TagQuery } from './tag-query.js'

const TAGS_PER_PAGE = 50

/**
 * Returns the section with the tags that match a query.
 *
 * @param uri the URI of the repository
 * @param tags all tags, newest first
 */
export function tagsHtml(
  repository: Repository,
  uri: string,
  tags: readonly Tag[],
  query: TagQuery
): Html {
  const matching = matchingTags(repository, tags, query)
  const pages = Math.max(1, Math.ceil(matching.length / TAGS_PER_PAGE))
  const number = Math.min(Math.max(1, query.page), pages)
  const shown = matching.slice((number - 1) * TAGS_PER_PAGE, number * TAGS_PER_PAGE)
  return html`<section id="tags" aria-label="Image tags">
    <h2 class="section">Image tags</h2>
    ${tags.length > 0 && filterHtml(kindsOf(repository, tags), query)}
    <p id="tag-count" class="muted" role="status">${countOf(matching.length, tags.length)}</p>
    <div id="tag-list">
      ${shown.length > 0 && tableHtml(repository, uri, shown)}
      ${pages > 1 && pagesHtml(query, number, pages)}
    </div>
  </section>`
}

/** Returns the fields of the search. Without the script of the page they are hidden, since they do nothing. */
function filterHtml(kinds: readonly string[], { search, type }: TagQuery): Html {
  const option = (kind: string): Html =>
    kind === type ? html`<option selected>${kind}</option>` : html`<option>${kind}</option>`
  return html`<div class="filter" role="search" aria-label="Image tags">
    <div class="field">
      <label for="tag-search">Tag or digest</label>
      <input
        id="tag-search"
        name="search"
        type="search"
        value="${search}"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
      />
    </div>
    ${
      kinds.length > 1 &&
      html`<div class="field">
        <label for="tag-type">Type</label>
        <select id="tag-type" name="type" autocomplete="off">
          <option value="">All types</option>
          ${kinds.map(option)}
        </select>
      </div>`
    }
  </div>`
}

function countOf(matching: number, all: number): string {
  if (all === 0) return 'No tags'
  if (matching === 0) return `None of ${countText(all, 'tag')} matches.`
  if (matching === all) return countText(all, 'tag')
  return `${matching.toLocaleString('en-US')} of ${countText(all, 'tag')}`
}

/** The roles are explicit, because the style sheet shows the rows as blocks on narrow screens. */
function tableHtml(repository: Repository, uri: string, tags: readonly Tag[]): Html {
  return html`<table class="tags" role="table" aria-label="Image tags">
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col">Tag</th>
        <th role="columnheader" scope="col">Type</th>
        <th role="columnheader" scope="col" class="number">Size</th>
        <th role="columnheader" scope="col">Pushed</th>
        <th role="columnheader" scope="col">Digest</th>
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${tags.map((tag) => rowHtml(uri, tag, repository.images.get(tag.digest)))}
    </tbody>
  </table>`
}

function rowHtml(uri: string, { name, digest, createdAt }: Tag, image: Image | undefined): Html {
  return html`<tr role="row">
    <td role="cell" class="name">
      <span class="copyable"
        ><code class="tag">${breakable(name)}</code>
        ${copyButton(`${uri}:${name}`, `Copy the URI of ${name}`)}</span
      >
    </td>
    <td role="cell" class="kind">${breakable(kindOf(image))}</td>
    <td role="cell" class="number">${image && sizeText(image.size)}</td>
    <td role="cell">${dateHtml(createdAt)}</td>
    <td role="cell" class="of-digest">
      <span class="copyable"
        ><code class="digest">${digest}</code>
        ${copyButton(digest, `Copy the digest of ${name}`)}</span
      >
    </td>
  </tr> `
}

function pagesHtml(query: TagQuery, number: number, pages: number): Html {
  const link = (to: number, text: string): Html | false =>
    to >= 1 && to <= pages && html`<a href="?${tagQueryText(query, to)}#tags">${text}</a>`
  return html`<nav class="pages" aria-label="Pages of tags">
    ${number > 2 && link(1, 'Newest')} ${link(number - 1, 'Newer')}
    <span class="muted">Page ${number} of ${pages}</span>
    ${link(number + 1, 'Older')} ${number < pages - 1 && link(pages, 'Oldest')}
  </nav>`
}
