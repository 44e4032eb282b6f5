import type { EmulatorContext } from '../context.js'
import type { CatalogData, Repository } from '../store/store.js'
import { html } from './html.js'
import type { Html } from './html.js'

/**
 * The values for which the gallery shows a badge (RepositoryCatalogDataInput in the API reference). It ignores others.
 */
const OPERATING_SYSTEMS: readonly string[] = ['Linux', 'Windows']
const ARCHITECTURES: readonly string[] = ['ARM', 'ARM 64', 'x86', 'x86-64']

/** Returns the display name of a verified account, or the alias (PutRegistryCatalogData in the API reference). */
export function registryName({ settings, store }: EmulatorContext): string {
  return (settings.verified ? store.displayName : undefined) ?? settings.alias
}

/**
 * Returns the logo of a repository, or the first letter of its name. The gallery shows the logos of verified accounts
 * only (RepositoryCatalogDataInput in the API reference).
 */
export function logoHtml(
  { settings }: EmulatorContext,
  { name, catalogData }: Repository,
  size: 'small' | 'large'
): Html {
  const { logo } = catalogData
  if (logo !== undefined && settings.verified)
    return html`<img class="logo ${size}" src="${logo.path}" alt="" />`
  const letter = (name.split('/').at(-1) ?? name).slice(0, 1).toUpperCase()
  return html`<span class="logo ${size} letter" aria-hidden="true">${letter}</span>`
}

/** Returns the badges for operating systems and architectures. */
export function badgesHtml({ operatingSystems = [], architectures = [] }: CatalogData): Html {
  const badges = [
    ...operatingSystems
      .filter((text) => OPERATING_SYSTEMS.includes(text))
      .map((text) => html`<li class="badge os">${text}</li>`),
    ...architectures
      .filter((text) => ARCHITECTURES.includes(text))
      .map((text) => html`<li class="badge architecture">${text}</li>`)
  ]
  return badges.length === 0
    ? html``
    : html`<ul class="badges">
        ${badges}
      </ul>`
}
