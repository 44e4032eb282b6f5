import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync
} from 'node:fs'

const CHUNK_BYTES = 1_048_576
const NEWLINE = 0x0a

/**
 * A file of one JSON value a line that only grows. A line is in the hands of the operating system
 * before `append` returns, so a process that is killed loses nothing of what it has answered.
 */
export class Journal {
  private descriptor: number
  private isClosed = false

  private constructor(
    readonly path: string,
    descriptor: number
  ) {
    this.descriptor = descriptor
  }

  /**
   * Opens the journal and tells every line of it to `replay`. A last line without its newline was
   * never acknowledged: it is cut off.
   *
   * @throws Error where a line before the last one is not JSON
   */
  static open(path: string, replay: (line: unknown) => void): Journal {
    const descriptor = openSync(path, existsSync(path) ? 'r+' : 'wx+')
    const end = readLines(descriptor, (text, number) => replay(parseLine(path, text, number)))
    ftruncateSync(descriptor, end)
    closeSync(descriptor)
    return new Journal(path, openSync(path, 'a'))
  }

  append(line: unknown): void {
    // The number of a closed file may be that of another file by now.
    if (this.isClosed) throw new Error(`${this.path} is closed`)
    writeWhole(this.descriptor, Buffer.from(`${JSON.stringify(line)}\n`))
  }

  /** Replaces everything by these lines, at once: after a crash it is either the old or the new one. */
  rewrite(lines: Iterable<unknown>): void {
    const temporary = `${this.path}.new`
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
    // Windows renames over no open file.
    closeSync(this.descriptor)
    renameSync(temporary, this.path)
    this.descriptor = openSync(this.path, 'a')
  }

  close(): void {
    this.isClosed = true
    closeSync(this.descriptor)
  }
}

/** Tells every whole line; returns where the last one ends, in bytes. */
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
    throw new Error(`${path}, line ${String(number)}: not JSON; the store is damaged`, {
      cause: error
    })
  }
}

function writeWhole(descriptor: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(descriptor, bytes, written)
  }
}
