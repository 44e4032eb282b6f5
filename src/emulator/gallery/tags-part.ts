import type { Image, Repository, Tag } from '../store/store.js'
import { dateHtml, sizeText } from './figures.js'
import { html } from './html.js'
import type { Html } from './html.js'

const TAGS_PER_PAGE = 50

/** The label of an image by the media type of its manifest or config. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/image\.index|manifest\.list/, 'Multi-platform image'],
  [/helm\.config/, 'Helm chart'],
  [/image\.config|container\.image/, 'Image']
]

/** Returns the tags, newest first. */
export function newestFirst({ tags }: Repository): Tag[] {
  return [...tags.values()].sort((a, b) => b.createdAt - a.createdAt || (a.name < b.name ? -1 : 1))
}

/**
 * Returns one page of the tag list.
 *
 * @param pageNumber from 1
 */
export function tagsHtml(repository: Repository, tags: readonly Tag[], pageNumber: number): Html {
  const pages = Math.max(1, Math.ceil(tags.length / TAGS_PER_PAGE))
  const number = Math.min(Math.max(1, pageNumber), pages)
  const shown = tags.slice((number - 1) * TAGS_PER_PAGE, number * TAGS_PER_PAGE)
  return html`<section id="tags" aria-label="Image tags">
    <h2 class="section">Image tags</h2>
    ${tags.length === 0 ? html`<p class="muted none">No tags</p>` : tableHtml(repository, shown)}
    ${pages > 1 && pagesHtml(number, pages)}
  </section>`
}

function tableHtml(repository: Repository, tags: readonly Tag[]): Html {
  return html`<div class="scroll">
    <table class="tags">
      <thead>
        <tr>
          <th>Tag</th>
          <th>Type</th>
          <th class="number">Size</th>
          <th>Pushed</th>
          <th>Digest</th>
        </tr>
      </thead>
      <tbody>
        ${tags.map((tag) => rowHtml(tag, repository.images.get(tag.digest)))}
      </tbody>
    </table>
  </div>`
}

function rowHtml(tag: Tag, image: Image | undefined): Html {
  const size = image === undefined ? '' : sizeText(image.size)
  return html`<tr>
    <td><code class="tag">${tag.name}</code></td>
    <td>${image && kindOf(image)}</td>
    <td class="number">${size}</td>
    <td>${dateHtml(tag.createdAt)}</td>
    <td><code title="${tag.digest}">${tag.digest.slice(0, 'sha256:'.length + 12)}</code></td>
  </tr> `
}

function kindOf({ mediaType, artifactMediaType, artifactType }: Image): string {
  const known = `${mediaType} ${artifactMediaType ?? ''}`
  return KINDS.find(([pattern]) => pattern.test(known))?.[1] ?? artifactType ?? 'Artifact'
}

function pagesHtml(number: number, pages: number): Html {
  const link = (to: number, text: string): Html | false =>
    to >= 1 && to <= pages && html`<a href="?page=${to}#tags">${text}</a>`
  return html`<nav class="pages" aria-label="Pages of tags">
    ${link(number - 1, '← Newer')}
    <span class="muted">Page ${number} of ${pages}</span>
    ${link(number + 1, 'Older →')}
  </nav>`
}
