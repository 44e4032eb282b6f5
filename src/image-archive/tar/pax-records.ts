/** Records of a pax header in their order; a keyword may come more than once (GNU's sparse format 0.0). */
export type PaxRecords = readonly (readonly [keyword: string, value: string])[]

/**
 * Reads the records of a pax header, each `length keyword=value` and a line feed, where the length counts
 * the whole record in bytes, so that a value may hold line feeds
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "pax Extended Header").
 * `undefined` where they are malformed.
 */
export function parsePaxRecords(bytes: Buffer): PaxRecords | undefined {
  const records: [string, string][] = []
  for (let at = 0; at < bytes.length;) {
    // Some writers fill the last block of the header's own size with NULs.
    if (bytes[at] === 0) break
    const space = bytes.indexOf(0x20, at)
    if (space === -1) return undefined
    const digits = bytes.toString('latin1', at, space)
    const end = at + Number(digits)
    if (!/^[1-9][0-9]{0,9}$/.test(digits) || end > bytes.length || bytes[end - 1] !== 0x0a) {
      return undefined
    }
    const equals = bytes.indexOf(0x3d, space)
    if (equals === -1 || equals >= end) return undefined
    records.push([
      bytes.toString('utf8', space + 1, equals),
      bytes.toString('utf8', equals + 1, end - 1)
    ])
    at = end
  }
  return records
}

/** The value of a keyword, the last one where it comes more than once, or `undefined`. */
export function findPaxValue(records: PaxRecords, keyword: string): string | undefined {
  return records.findLast(([key]) => key === keyword)?.[1]
}

/** A decimal number of a record; `undefined` where it is none or too large to be exact. */
export function parsePaxNumber(value: string | undefined): number | undefined {
  if (value === undefined || !/^[0-9]{1,16}$/.test(value)) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : undefined
}
