/** The records of a pax header in order. A keyword can occur more than once (GNU sparse format 0.0). */
export type PaxRecords = readonly (readonly [keyword: string, value: string])[]

/**
 * Reads the records of a pax header: `length keyword=value` and a line feed. The length is the number of bytes of the
 * whole record, so that a value can contain line feeds
 * (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "pax Extended Header"). Returns `undefined` if
 * the records are malformed.
 */
export function parsePaxRecords(bytes: Buffer): PaxRecords | undefined {
  const records: [string, string][] = []
  for (let at = 0; at < bytes.length;) {
    // Some programs include the padding in the size of the header.
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

/** Returns the last value of a keyword, or `undefined`. */
export function findPaxValue(records: PaxRecords, keyword: string): string | undefined {
  return records.findLast(([key]) => key === keyword)?.[1]
}

/** Reads a decimal number. Returns `undefined` if it is not a number or not a safe integer. */
export function parsePaxNumber(value: string | undefined): number | undefined {
  if (value === undefined || !/^[0-9]{1,16}$/.test(value)) return undefined
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : undefined
}
