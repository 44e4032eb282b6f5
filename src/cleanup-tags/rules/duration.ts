import { problem } from '../../runner/errors.js'

/** A duration: calendar months, and milliseconds for the units of fixed length. */
export interface Duration {
  /** The text of the input, for reasons and errors. */
  readonly text: string
  readonly months: number
  readonly milliseconds: number
}

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const WEEK_MS = 7 * DAY_MS
const MONTHS_PER_YEAR = 12

/** No image is older than 1000 years, and much longer durations would leave the range of `Date`. */
const MAX_MONTHS = 1000 * MONTHS_PER_YEAR
const MAX_MILLISECONDS = 366 * 1000 * DAY_MS

const SHORT = /^(\d{1,12})([mhdwy])$/
const NUMBER = String.raw`\d{1,12}(?:[.,]\d{1,9})?`
const ISO_8601 = new RegExp(
  String.raw`^P(?=\d|T\d)(?:(\d{1,12})Y)?(?:(\d{1,12})M)?(?:(${NUMBER})W)?(?:(${NUMBER})D)?` +
    String.raw`(?:T(?=\d)(?:(${NUMBER})H)?(?:(${NUMBER})M)?(?:(${NUMBER})S)?)?$`
)

/**
 * Parses `45m`, `12h`, `30d`, `2w`, `1y`, or an ISO 8601 duration (`P30D`, `P1Y2M10DT2H`). Years and months are
 * calendar units in UTC, the other units have a fixed length.
 *
 * @param what the name of the input, for errors
 * @throws ActionError if the text is not a duration or the duration is longer than 1000 years
 */
export function parseDuration(text: string, what: string): Duration {
  const duration = parseShort(text) ?? parseIso8601(text)
  if (duration === undefined) {
    throw problem({
      what: `${what} is not a valid duration`,
      value: text,
      expected: 'Use a number with a unit (45m, 12h, 30d, 2w, 1y) or ISO 8601 (P30D).'
    })
  }
  if (duration.months > MAX_MONTHS || duration.milliseconds > MAX_MILLISECONDS) {
    throw problem({
      what: `${what} is too long`,
      value: text,
      expected: 'Use a duration of at most 1000 years.'
    })
  }
  return duration
}

function parseShort(text: string): Duration | undefined {
  const [, digits, unit] = SHORT.exec(text) ?? []
  if (digits === undefined) return undefined
  const count = Number(digits)
  switch (unit) {
    case 'm':
      return { text, months: 0, milliseconds: count * MINUTE_MS }
    case 'h':
      return { text, months: 0, milliseconds: count * HOUR_MS }
    case 'd':
      return { text, months: 0, milliseconds: count * DAY_MS }
    case 'w':
      return { text, months: 0, milliseconds: count * WEEK_MS }
    default:
      return { text, months: count * MONTHS_PER_YEAR, milliseconds: 0 }
  }
}

function parseIso8601(text: string): Duration | undefined {
  const match = ISO_8601.exec(text)
  if (match === null) return undefined
  const part = (at: number): number => Number((match[at] ?? '0').replace(',', '.'))
  const milliseconds =
    part(3) * WEEK_MS +
    part(4) * DAY_MS +
    part(5) * HOUR_MS +
    part(6) * MINUTE_MS +
    part(7) * SECOND_MS
  return {
    text,
    months: part(1) * MONTHS_PER_YEAR + part(2),
    milliseconds: Math.round(milliseconds)
  }
}

/** Returns the instant that is `duration` before `instant`, both in milliseconds since the epoch. */
export function instantBefore(instant: number, duration: Duration): number {
  return addMonths(instant, -duration.months) - duration.milliseconds
}

/** Returns the instant that is `duration` after `instant`, both in milliseconds since the epoch. */
export function instantAfter(instant: number, duration: Duration): number {
  return addMonths(instant, duration.months) + duration.milliseconds
}

/** Adds calendar months. If the month does not have the day, its last day is used. */
function addMonths(instant: number, months: number): number {
  if (months === 0) return instant
  const date = new Date(instant)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, lastDay))
  return date.getTime()
}
