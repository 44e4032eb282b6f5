import { html } from './html.js'
import type { PageContent } from './page.js'

/** What stands where nothing is. */
export function notFoundPage(): PageContent {
  return {
    title: 'Not found',
    main: html`<section class="empty">
      <h1>Nothing is here</h1>
      <p>No repository of this registry has that name. <a href="/">All repositories</a></p>
    </section>`
  }
}
