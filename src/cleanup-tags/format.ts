const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Formats an age in its largest unit: `45 min`, `12 h`, `30 d`. */
export function formatAge(milliseconds: number): string {
  if (milliseconds < MINUTE_MS) return 'now'
  if (milliseconds < HOUR_MS) return `${Math.floor(milliseconds / MINUTE_MS)} min`
  if (milliseconds < 2 * DAY_MS) return `${Math.floor(milliseconds / HOUR_MS)} h`
  return `${Math.floor(milliseconds / DAY_MS)} d`
}

/** Formats a size with decimal units: `12.3 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? String(value) : value.toFixed(1)} ${BYTE_UNITS[unit] ?? 'B'}`
}

/** Formats a number with separators: `12,345`. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US')
}

/** Formats a count with its noun: `1 tag`, `2,000 tags`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`
}

/** The maximum length of a tag or digest in the summary, in characters. */
const MAX_NAME_CHARACTERS = 48

/** Shortens digests and tags of the form `sha256-…` in a text to their first 12 digits. */
export function shortenDigests(text: string): string {
  return text.replace(/(sha256[:-][0-9a-f]{12})[0-9a-f]{52}/g, '$1…')
}

/** Shortens a tag: its digest if it contains one, and else its middle. The plan file contains the whole tag. */
export function shortenTag(tag: string): string {
  const short = shortenDigests(tag)
  if (short.length <= MAX_NAME_CHARACTERS) return short
  return `${short.slice(0, MAX_NAME_CHARACTERS - 13)}…${short.slice(-12)}`
}

/** Returns a time as ISO 8601. Dates beyond this range do not have that form (ECMA-262, "Time Values and Time Range"). */
export function isoOf(instant: number | undefined): string | undefined {
  if (instant === undefined || Math.abs(instant) > 8.64e15) return undefined
  return new Date(instant).toISOString()
}

/** Formats a time for people, in UTC: `2026-06-01 12:30`. */
export function formatTime(instant: number): string {
  return isoOf(instant)?.slice(0, 16).replace('T', ' ') ?? 'never'
}
