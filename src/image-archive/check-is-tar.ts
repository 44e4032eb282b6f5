import { problem } from '../runner/errors.js'
import { describeFile } from './describe-file.js'
import { isTarStart } from './tar/tar-header.js'

/**
 * Checks the first bytes of a layer. The registry accepts any bytes, but no client can extract them.
 *
 * @param name the name of the layer, for errors
 * @param start the first 512 bytes after decompression, or all bytes if there are fewer
 * @throws ActionError if they are not the start of a tar archive
 */
export function checkIsTar(name: string, start: Buffer): void {
  if (isTarStart(start)) return
  throw problem({
    what: 'A layer is not a tar archive',
    value: name,
    reason: describeFile(start)?.reason,
    fix: 'Create or download the archive again.'
  })
}
