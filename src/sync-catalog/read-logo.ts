import { imageSize } from 'image-size'
import { problem } from '../runner/errors.js'
import { getLocalFile } from '../runner/read-local-file.js'
import { hasImageEnd } from './has-image-end.js'

/** The maximum size of a logo, in bytes (the API model's LogoImageBlob). */
export const MAX_LOGO_BYTES = 512_000

/**
 * The range of the width and height of a logo, in pixels
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-repository-catalog-data.html).
 */
const MIN_SIDE_PIXELS = 60
const MAX_SIDE_PIXELS = 2048

/** The first bytes of the image types that the gallery accepts. */
const SIGNATURES: Readonly<Record<string, readonly number[]>> = {
  PNG: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  JPEG: [0xff, 0xd8, 0xff],
  GIF: [0x47, 0x49, 0x46, 0x38]
}

/** Why the gallery does not accept a logo, as the fields of an error. */
export interface LogoFault {
  readonly reason: string
  readonly expected: string
}

/**
 * Reads the logo file.
 *
 * @param env the environment of the step, with the directories that files can be read from
 * @throws ActionError if the file cannot be read or the gallery does not accept it
 */
export async function readLogo(
  path: string,
  env: Readonly<Record<string, string | undefined>>
): Promise<Buffer> {
  const { bytes } = await getLocalFile(path, { input: 'logo', maxBytes: MAX_LOGO_BYTES, env })
  const fault = findLogoFault(bytes)
  if (fault === undefined) return bytes
  throw problem({
    what: 'Input "logo" names a file that the gallery does not accept',
    value: path,
    ...fault
  })
}

/** Returns why the gallery does not accept these bytes as a logo, or `undefined` if it does. */
export function findLogoFault(bytes: Uint8Array): LogoFault | undefined {
  if (bytes.length > MAX_LOGO_BYTES) {
    return {
      reason: `It has ${bytes.length} bytes.`,
      expected: `Use at most ${MAX_LOGO_BYTES} bytes.`
    }
  }
  const type = Object.entries(SIGNATURES).find(([, signature]) =>
    signature.every((byte, at) => bytes[at] === byte)
  )?.[0]
  if (type === undefined) return typeFault(bytes)
  const size = findSize(bytes)
  if (size === undefined) {
    return { reason: `It is a broken ${type} image.`, expected: 'Use an image that can be read.' }
  }
  if (!hasImageEnd(type, bytes)) {
    return {
      reason: `It is a ${type} image without an end, so it is probably truncated.`,
      expected: 'Use the complete file.'
    }
  }
  const fits = [size.width, size.height].every(
    (side) => side >= MIN_SIDE_PIXELS && side <= MAX_SIDE_PIXELS
  )
  if (fits) return undefined
  return {
    reason: `It is ${size.width} × ${size.height} pixels.`,
    expected: `Use ${MIN_SIDE_PIXELS} to ${MAX_SIDE_PIXELS} pixels per side.`
  }
}

function findSize(
  bytes: Uint8Array
): { readonly width: number; readonly height: number } | undefined {
  try {
    return imageSize(bytes)
  } catch {
    return undefined
  }
}

function typeFault(bytes: Uint8Array): LogoFault {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 256))
  // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
  if (start.startsWith('version https://git-lfs.github.com/spec/')) {
    return {
      reason: 'It is a Git LFS pointer.',
      expected: 'Set "lfs: true" in the step with actions/checkout.'
    }
  }
  return {
    reason: `It is ${describeType(start)}.`,
    expected: 'Use a PNG, JPEG or GIF image. The content decides, not the file extension.'
  }
}

function describeType(start: string): string {
  if (start === '') return 'an empty file'
  if (/<svg[\s/>]/i.test(start)) return 'an SVG image'
  if (/^RIFF....WEBP/s.test(start)) return 'a WebP image'
  return 'another type of file'
}
