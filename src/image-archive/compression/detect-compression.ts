/** A compression format that is recognized by its first bytes. */
export type Compression =
  'gzip' | 'zstd' | 'xz' | 'bzip2' | 'lz4' | 'lzip' | 'compress' | 'zip' | '7z'

/** The number of bytes that `detectCompression` checks. */
export const MAGIC_BYTES = 10

/**
 * The magic numbers of the formats, in hexadecimal: RFC 1952 (gzip), RFC 8878 (zstd and its skippable frames) and the
 * specifications of the other formats. The one of bzip2 includes its block header, because the first name in a tar
 * archive can begin with `BZh`.
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

/** Returns the compression of a file with these first bytes, or `undefined` for any other file. */
export function detectCompression(start: Buffer): Compression | undefined {
  const hex = start.toString('hex', 0, MAGIC_BYTES)
  return MAGIC.find(([, magic]) => magic.test(hex))?.[0]
}

/** Returns the command that decompresses a file. */
export function decompressCommand(compression: Compression): string {
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
