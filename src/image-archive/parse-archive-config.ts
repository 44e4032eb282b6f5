import { parseConfig } from '../oci/config.js'
import type { ImageConfig } from '../oci/config.js'
import { messageOf, problem } from '../runner/errors.js'

/**
 * Reads the config of an image in an archive.
 *
 * @param name the name of the file in the archive
 * @throws ActionError that describes the file if it is not the config of an image
 */
export function parseArchiveConfig(bytes: Buffer, name: string, path: string): ImageConfig {
  try {
    return parseConfig(bytes, name)
  } catch (error) {
    throw problem(
      {
        what: `The config of the image in ${path} is ${bytes.length === 0 ? 'empty' : 'invalid'}`,
        value: name,
        reason: `${messageOf(error)} The config describes the platform and the layers of the image.`,
        fix: 'Create the archive again, for example with "docker save".'
      },
      error
    )
  }
}
