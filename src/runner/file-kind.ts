import type { BigIntStats } from 'node:fs'

/** Describes a file that is not a regular file: `a directory`, `a FIFO`, `a socket` or `a device`. */
export function fileKind(stats: BigIntStats): string {
  if (stats.isDirectory()) return 'a directory'
  if (stats.isFIFO()) return 'a FIFO'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}
