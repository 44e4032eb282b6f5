import type { HttpStream } from '../http/http-client.js'
import { retryDelay } from '../http/retry-delay.js'
import type { Deps } from '../runner/deps.js'
import { ActionError, messageOf, problem } from '../runner/errors.js'

/** The blob to read, as its descriptor describes it. */
export interface BlobToStream {
  readonly digest: string
  /** In bytes. */
  readonly size: number
}

/** The maximum number of reads that break off without progress. */
const MAX_FAILURES = 8
/** A read that returns fewer bytes before it breaks off does not count as progress. */
const PROGRESS_BYTES = 1024 * 1024
const MAX_DELAY_MS = 10_000

/**
 * Reads a blob in chunks. A read that breaks off is resumed at the next byte, or from the beginning if the server
 * ignores the range.
 *
 * @param open starts a read at this byte
 * @throws ActionError if the blob has another size, or if the download is interrupted repeatedly
 */
export async function* streamBlob(
  blob: BlobToStream,
  open: (firstByte: number) => Promise<HttpStream>,
  deps: Pick<Deps, 'log' | 'random' | 'signal' | 'sleep'>
): AsyncGenerator<Buffer, void, undefined> {
  let position = 0
  let resumedAt = 0
  let failures = 0
  while (position < blob.size) {
    const response = await open(position)
    try {
      for await (const chunk of skipRead(response, position)) {
        position += chunk.length
        if (position > blob.size) throw wrongSize(blob, response)
        yield chunk
      }
      if (position < blob.size) throw wrongSize(blob, response)
    } catch (error) {
      deps.signal.throwIfAborted()
      if (error instanceof ActionError) throw error
      failures = position - resumedAt >= PROGRESS_BYTES ? 1 : failures + 1
      resumedAt = position
      if (failures === MAX_FAILURES) throw brokenOff(blob, response, error)
      const delay = retryDelay(failures, MAX_DELAY_MS, deps.random())
      deps.log.debug(
        `Resuming the read of ${blob.digest} at byte ${position} in ${Math.round(delay)} ms: ${messageOf(error)}`
      )
      await deps.sleep(delay)
    }
  }
}

/** Returns the bytes of a response from `position` on. */
async function* skipRead(
  { url, status, headers, stream }: HttpStream,
  position: number
): AsyncGenerator<Buffer, void, undefined> {
  if (status === 206 && !(headers['content-range'] ?? '').startsWith(`bytes ${position}-`)) {
    throw problem({
      what: `${url.host} sent another part of a blob than the requested one`,
      value: headers['content-range'] ?? 'none',
      expected: `The part begins at byte ${position}.`
    })
  }
  let left = status === 206 ? 0 : position
  for await (const chunk of stream) {
    const skipped = Math.min(left, chunk.length)
    left -= skipped
    if (skipped < chunk.length) yield chunk.subarray(skipped)
  }
}

function wrongSize({ digest, size }: BlobToStream, { url }: HttpStream): Error {
  return problem({
    what: `${url.host} sent a blob with a wrong size`,
    value: digest,
    expected: `The descriptor of the blob specifies ${size} bytes.`
  })
}

function brokenOff({ digest }: BlobToStream, { url }: HttpStream, error: unknown): Error {
  return problem(
    {
      what: `Cannot read the blob ${digest} from ${url.host}`,
      reason: `The download was interrupted several times: ${messageOf(error)}.`,
      fix: 'Run the step again.'
    },
    error
  )
}
