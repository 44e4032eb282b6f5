import type { CatalogData, Repository } from '../store/store.js'
import { html } from './html.js'
import type { Html } from './html.js'

/** Returns the logo of a repository, or the first letter of its name. */
export function logoHtml({ name, catalogData }: Repository, size: 'small' | 'large'): Html {
  const { logo } = catalogData
  if (logo !== undefined) return html`<img class="logo ${size}" src="${logo.path}" alt="" />`
  const letter = (name.split('/').at(-1) ?? name).slice(0, 1).toUpperCase()
  return html`<span class="logo ${size} letter" aria-hidden="true">${letter}</span>`
}

/** Returns the badges for operating systems and architectures. */
export function badgesHtml({ operatingSystems = [], architectures = [] }: CatalogData): Html {
  const badges = [
    ...operatingSystems.map((text) => html`<li class="badge os">${text}</li>`),
    ...architectures.map((text) => html`<li class="badge architecture">${text}</li>`)
  ]
  return badges.length === 0
    ? html``
    : html`<ul class="badges">
        ${badges}
      </ul>`
}
