import { html } from './html.js'
import type { Html } from './html.js'

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Formats a size in powers of 1000: `27.51 MB`. */
export function sizeText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(2)} ${UNITS[unit] ?? ''}`
}

/** Formats a time with minutes, in UTC. */
export function dateHtml(milliseconds: number): Html {
  const iso = new Date(milliseconds).toISOString()
  const text = `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`
  return html`<time datetime="${iso}">${text}</time>`
}

/** Formats a date, in UTC. */
export function dayHtml(milliseconds: number): Html {
  const iso = new Date(milliseconds).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 10)}</time>`
}

/** Formats a number with a noun: `1 tag`, `12,345 tags`. */
export function countText(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? singular : plural}`
}
