/** What the first bytes of a file say that it is compressed with. */
export type Compression =
  'gzip' | 'zstd' | 'xz' | 'bzip2' | 'lz4' | 'lzip' | 'compress' | 'zip' | '7z'

/** How many first bytes `sniffCompression` looks at. */
export const SNIFFED_BYTES = 10

/**
 * The magic numbers, from the formats' own descriptions: RFC 1952 (gzip), RFC 8878 (zstd, skippable frames
 * too), the .xz file format, bzip2's block header (so that a tar whose first name begins with `BZh` is not
 * taken for one), the LZ4 frame format, lzip's and zip's.
 */
const MAGIC: readonly (readonly [Compression, RegExp])[] = [
  ['gzip', /^1f8b08/],
  ['zstd', /^(?:28b52ffd|5.2a4d18)/],
  ['xz', /^fd377a585a00/],
  ['bzip2', /^425a683[1-9](?:314159265359|177245385090)/],
  ['lz4', /^04224d18/],
  ['lzip', /^4c5a495001/],
  ['compress', /^1f9d/],
  ['zip', /^504b0304/],
  ['7z', /^377abcaf271c/]
]

/** What these first bytes of a file say that it is compressed with; `undefined` for anything else. */
export function sniffCompression(start: Buffer): Compression | undefined {
  const hex = start.toString('hex', 0, SNIFFED_BYTES)
  return MAGIC.find(([, magic]) => magic.test(hex))?.[0]
}

/** The command that unpacks a file of this kind. */
export function unpackCommand(compression: Compression): string {
  const programs: Readonly<Record<Compression, string>> = {
    gzip: 'gzip -d',
    zstd: 'zstd -d',
    xz: 'xz -d',
    bzip2: 'bzip2 -d',
    lz4: 'lz4 -d',
    lzip: 'lzip -d',
    compress: 'uncompress',
    zip: 'unzip',
    '7z': '7z x'
  }
  return programs[compression]
}
