/** Bytes that are judged together: small enough to find packed files between others, large enough to be worth it. */
const PIECE_BYTES = 128 * 1024
/** Places of a piece whose bytes are counted, and how many bytes each. */
const SAMPLES = 32
const SAMPLE_BYTES = 128
/** Of random bytes, one pair in 256 is equal; up to a fifth more, deflate was measured to save 1.3 %. */
const MAX_EQUAL_PAIRS = 1.2 / 256
/** Places of a piece that are looked for again in what follows, and how many bytes each. */
const PROBES = 8
const PROBE_BYTES = 8
/** How far deflate looks back (RFC 1951, 2). */
const WINDOW_BYTES = 32 * 1024

/** Some of a block, and whether compressing it would be in vain. */
export interface Run {
  readonly bytes: Buffer
  readonly isIncompressible: boolean
}

/**
 * A block in runs of what can be compressed and what cannot, as packages, pictures and archives inside of
 * a layer are. Deflate takes longest over those, to save nothing.
 */
export function runsOf(block: Buffer): Run[] {
  const runs: Run[] = []
  let start = 0
  let last: boolean | undefined
  for (let at = 0; at < block.length; at += PIECE_BYTES) {
    const isIncompressible = isNoise(block.subarray(at, at + PIECE_BYTES))
    if (last !== undefined && isIncompressible !== last) {
      runs.push({ bytes: block.subarray(start, at), isIncompressible: last })
      start = at
    }
    last = isIncompressible
  }
  if (last !== undefined) runs.push({ bytes: block.subarray(start), isIncompressible: last })
  return runs
}

/** `true` where all bytes are about as frequent, and none of what was looked for comes again. */
function isNoise(piece: Buffer): boolean {
  return piece.length === PIECE_BYTES && isEven(piece) && !repeats(piece)
}

const counts = new Uint16Array(256)

function isEven(piece: Buffer): boolean {
  counts.fill(0)
  const step = Math.floor((piece.length - SAMPLE_BYTES) / (SAMPLES - 1))
  for (let sample = 0; sample < SAMPLES; sample++) {
    const end = sample * step + SAMPLE_BYTES
    for (let at = sample * step; at < end; at++) {
      const byte = piece[at] ?? 0
      counts[byte] = (counts[byte] ?? 0) + 1
    }
  }
  const total = SAMPLES * SAMPLE_BYTES
  const pairs = counts.reduce((sum, count) => sum + count * (count - 1), 0)
  return pairs <= MAX_EQUAL_PAIRS * total * (total - 1)
}

function repeats(piece: Buffer): boolean {
  const step = Math.floor((piece.length - WINDOW_BYTES) / PROBES)
  for (let probe = 0; probe < PROBES; probe++) {
    const start = probe * step
    const wanted = piece.subarray(start, start + PROBE_BYTES)
    if (piece.subarray(start + 1, start + WINDOW_BYTES).includes(wanted)) return true
  }
  return false
}
