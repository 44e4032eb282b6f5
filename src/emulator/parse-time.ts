const TIME =
  /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** The expected value of `parseTime`, for errors. */
export const TIME_EXAMPLE = 'a time in ISO 8601 with a time zone, such as 2026-12-24T00:00:00Z'

/**
 * Parses a date and time in ISO 8601 with a time zone, such as `2026-12-24T00:00:00Z`. `Date.parse` also accepts other
 * formats, times in the zone of the machine, and dates that do not exist.
 *
 * @returns `undefined` for any other value
 */
export function parseTime(value: unknown): Date | undefined {
  const match = typeof value === 'string' ? TIME.exec(value) : null
  if (match === null) return undefined
  const [, day = '', minute = '', seconds = '00', fraction = '', zone = ''] = match
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0')
  const local = `${day}T${minute}:${seconds}.${milliseconds}`
  const utc = new Date(`${local}Z`)
  // `Date` changes February 30 to March 2, and 24:00 to the next day.
  if (Number.isNaN(utc.getTime()) || utc.toISOString() !== `${local}Z`) return undefined
  return new Date(`${local}${zone}`)
}
