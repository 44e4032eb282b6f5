import { html } from './html.js'

/** The icon of the gallery: a stack of containers. */
export const ICON = html`<svg
  xmlns="http://www.w3.org/2000/svg"
  viewBox="0 0 32 32"
  width="28"
  height="28"
  role="img"
  aria-label="Container images"
>
  <rect width="32" height="32" rx="7" fill="#0b5cab" />
  <path
    d="M16 6.5 25 11v10l-9 4.5L7 21V11z"
    fill="none"
    stroke="#fff"
    stroke-width="1.8"
    stroke-linejoin="round"
  />
  <path
    d="M7 11l9 4.5L25 11M16 15.5v10M11.500 8.750l9 4.500"
    fill="none"
    stroke="#fff"
    stroke-width="1.8"
    stroke-linejoin="round"
  />
</svg>`
