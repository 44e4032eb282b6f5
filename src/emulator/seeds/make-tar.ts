const BLOCK_BYTES = 512

/**
 * Creates a tar archive (POSIX ustar) with one file. The emulator does not import other code of
 * this project, so it does not use the archive code of the action.
 */
export function makeTar(name: string, content: Buffer, modified: Date): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES)
  const seconds = Math.max(0, Math.floor(modified.getTime() / 1000))
  header.write(name, 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(octal(content.length, 12), 124)
  header.write(octal(seconds, 12), 136)
  header.write('        0', 148)
  header.write('ustar\x0000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 7)} `, 148)
  const padding = Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES)
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * BLOCK_BYTES)])
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`
}
