import { createHash } from 'node:crypto'
import type { EmulatorContext } from '../context.js'
import { registryName } from './catalog-parts.js'
import { COPY_ICONS } from './copy-button.js'
import { html, trustedHtml } from './html.js'
import type { Html } from './html.js'
import { ICON } from './icon.js'
import { SCRIPT } from './script.js'
import { STYLES } from './styles.js'

/** The contents of a page. */
export interface PageContent {
  readonly title: string
  readonly main: Html
}

/** Constants, because their hashes have to match the texts between the tags. */
const STYLE_ELEMENT = trustedHtml(`<style>${STYLES}</style>`)
const SCRIPT_ELEMENT = trustedHtml(`<script>${SCRIPT}</script>`)
const [STYLES_HASH, SCRIPT_HASH] = [hashOf(STYLES), hashOf(SCRIPT)]

/**
 * Returns the Content-Security-Policy. It allows only the style sheet and the script of the gallery, and images, so a
 * page is safe even if the sanitizer misses something in a README. The script fetches the tags of a search.
 */
export function contentSecurityPolicy({ settings }: EmulatorContext): string {
  const images = settings.galleryImages === 'loaded' ? "'self' https: http:" : "'self'"
  return [
    "default-src 'none'",
    `script-src '${SCRIPT_HASH}'`,
    `style-src '${STYLES_HASH}'`,
    "connect-src 'self'",
    `img-src ${images}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ].join('; ')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

/** Returns a complete page. */
export function page({ title, main }: PageContent, context: EmulatorContext): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        ${STYLE_ELEMENT}${SCRIPT_ELEMENT}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        ${COPY_ICONS}
        <header class="bar">
          <div class="inner">
            <a class="brand" href="/">${ICON}<span>Public gallery</span></a>
            <span class="registry"
              >${registryName(context)}${context.settings.verified && verifiedMark()}</span
            >
          </div>
        </header>
        <main class="inner" id="main" tabindex="-1">${main}</main>
        <footer class="inner">
          A local emulator of Amazon ECR Public. Its contents are not public.
        </footer>
        <p id="announcement" role="status"></p>
      </body>
    </html> `
}

/** Returns the badge of a verified account. */
export function verifiedMark(): Html {
  return html` <span class="badge verified">Verified account</span>`
}
