import { html } from './html.js'
import type { Html } from './html.js'

/** The icons of copy buttons. Each page contains them once. */
export const COPY_ICONS = html`<svg class="symbols" aria-hidden="true">
  <symbol id="icon-copy" viewBox="0 0 16 16">
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
    <path d="M10.500 2.500h-6.500a1.500 1.500 0 0 0-1.500 1.500v6.500" />
  </symbol>
  <symbol id="icon-check" viewBox="0 0 16 16"><path d="M3 8.500l3.500 3.500 6.500-7.500" /></symbol>
</svg>`

/**
 * Returns a button that copies a text. It is shown only if the page runs its script.
 *
 * @param label the accessible name, such as `Copy the pull command`
 */
export function copyButton(text: string, label: string): Html {
  return html`<button
    type="button"
    class="copy"
    data-copy="${text}"
    aria-label="${label}"
    title="${label}"
  >
    <svg aria-hidden="true"><use href="#icon-copy" /></svg>
  </button>`
}
