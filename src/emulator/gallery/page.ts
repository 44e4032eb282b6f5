import { createHash } from 'node:crypto'
import type { EmulatorContext } from '../context.js'
import { registryName } from './catalog-parts.js'
import { html, trustedHtml } from './html.js'
import type { Html } from './html.js'
import { ICON } from './icon.js'
import { STYLES } from './styles.js'

/** The contents of a page. */
export interface PageContent {
  readonly title: string
  readonly main: Html
}

/** One constant, because its hash has to match the text between the tags. */
const STYLE_ELEMENT = trustedHtml(`<style>${STYLES}</style>`)
const STYLES_HASH = createHash('sha256').update(STYLES).digest('base64')

/**
 * Returns the Content-Security-Policy. It allows only styles and images, so a page is safe even
 * if the sanitizer misses something in a README.
 */
export function contentSecurityPolicy({ settings }: EmulatorContext): string {
  const images = settings.galleryImages === 'loaded' ? "'self' https: http:" : "'self'"
  return [
    "default-src 'none'",
    `style-src 'sha256-${STYLES_HASH}'`,
    `img-src ${images}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join('; ')
}

/** Returns a complete page. */
export function page({ title, main }: PageContent, context: EmulatorContext): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        ${STYLE_ELEMENT}
      </head>
      <body>
        <header class="bar">
          <div class="inner">
            <a class="brand" href="/">${ICON}<span>Public gallery</span></a>
            <span class="registry"
              >${registryName(context)}${context.settings.verified && verifiedMark()}</span
            >
          </div>
        </header>
        <main class="inner">${main}</main>
        <footer class="inner">
          A local emulator of Amazon ECR Public. Its contents are not public.
        </footer>
      </body>
    </html> `
}

/** Returns the badge of a verified account. */
export function verifiedMark(): Html {
  return html` <span class="badge verified">Verified account</span>`
}
