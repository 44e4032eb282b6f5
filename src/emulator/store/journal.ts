import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync
} from 'node:fs'

const CHUNK_BYTES = 1_048_576
const NEWLINE = 0x0a

/**
 * An append-only file with one JSON value per line. The operating system has received a line before
 * `append` returns, so that killing the process does not lose acknowledged changes.
 */
export class Journal {
  private isClosed = false

  private constructor(
    readonly path: string,
    private readonly descriptor: number
  ) {}

  /**
   * Passes every line of the file, if it exists, to `replay`, and does not change the file. A last line without a newline
   * was never acknowledged and is ignored. The first line is written atomically, so it always has a newline.
   *
   * @throws Error if the first line does not have a newline, or another line is not valid JSON
   */
  static read(path: string, replay: (line: unknown) => void): void {
    if (!existsSync(path)) return
    const descriptor = openSync(path, 'r')
    try {
      const end = readLines(descriptor, (text, number) => replay(parseLine(path, text, number)))
      if (end === 0 && fstatSync(descriptor).size > 0) {
        throw new Error(`Line 1 of ${path} is not complete. The data directory is damaged.`)
      }
    } finally {
      closeSync(descriptor)
    }
  }

  /**
   * Creates the file with these lines, or replaces it atomically: after a crash, it has either the old or the new
   * contents.
   */
  static create(path: string, lines: Iterable<unknown>): Journal {
    const temporary = `${path}.new`
    const descriptor = openSync(temporary, 'w')
    let batch: string[] = []
    let length = 0
    const flush = (): void => {
      writeWhole(descriptor, Buffer.from(batch.join('')))
      batch = []
      length = 0
    }
    for (const line of lines) {
      const text = `${JSON.stringify(line)}\n`
      batch.push(text)
      length += text.length
      if (length > CHUNK_BYTES) flush()
    }
    flush()
    closeSync(descriptor)
    renameSync(temporary, path)
    return new Journal(path, openSync(path, 'a'))
  }

  append(line: unknown): void {
    // The operating system can reuse the descriptor of a closed file.
    if (this.isClosed) throw new Error(`The journal ${this.path} is closed`)
    const { size } = fstatSync(this.descriptor)
    try {
      writeWhole(this.descriptor, Buffer.from(`${JSON.stringify(line)}\n`))
    } catch (error) {
      // On a full disk, a part of the line may have been written.
      ftruncateSync(this.descriptor, size)
      throw error
    }
  }

  close(): void {
    this.isClosed = true
    closeSync(this.descriptor)
  }
}

/**
 * Passes every complete line to `onLine` and returns the offset of the end of the last one, in
 * bytes.
 */
function readLines(descriptor: number, tell: (text: string, number: number) => void): number {
  const chunk = Buffer.alloc(CHUNK_BYTES)
  let rest = Buffer.alloc(0)
  let position = 0
  let number = 0
  for (;;) {
    const bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, position)
    if (bytes === 0) return position - rest.length
    position += bytes
    let data = Buffer.concat([rest, chunk.subarray(0, bytes)])
    for (let end = data.indexOf(NEWLINE); end !== -1; end = data.indexOf(NEWLINE)) {
      tell(data.toString('utf8', 0, end), ++number)
      data = data.subarray(end + 1)
    }
    rest = data
  }
}

function parseLine(path: string, text: string, number: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(
      `Line ${String(number)} of ${path} is not valid JSON. The data directory is damaged.`,
      {
        cause: error
      }
    )
  }
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(descriptor, bytes, written)
  }
}
