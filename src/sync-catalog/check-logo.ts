import { imageSize } from 'image-size'

/** The most bytes of a logo (the API model's LogoImageBlob). */
export const MAX_LOGO_BYTES = 512_000

/**
 * How many pixels a side of a logo may have
 * (https://docs.aws.amazon.com/AmazonECR/latest/public/public-repository-catalog-data.html).
 */
const MIN_SIDE_PIXELS = 60
const MAX_SIDE_PIXELS = 2048

/** The first bytes of the image types that the gallery takes. */
const SIGNATURES: Readonly<Record<string, readonly number[]>> = {
  PNG: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  JPEG: [0xff, 0xd8, 0xff],
  GIF: [0x47, 0x49, 0x46, 0x38]
}

/** What is wrong with a file as a logo: the value and what is allowed. `undefined` where it will do. */
export function findLogoFault(
  bytes: Uint8Array
): { readonly value: string; readonly expected: string } | undefined {
  if (bytes.length > MAX_LOGO_BYTES) {
    return {
      value: `${bytes.length} bytes`,
      expected: `at most ${MAX_LOGO_BYTES} bytes`
    }
  }
  const type = Object.entries(SIGNATURES).find(([, signature]) =>
    signature.every((byte, at) => bytes[at] === byte)
  )?.[0]
  if (type === undefined) {
    return { value: describeType(bytes), expected: 'a PNG, JPEG or GIF image, by its content' }
  }
  const size = findSize(bytes)
  if (size === undefined)
    return { value: `a broken ${type} image`, expected: 'an image that can be read' }
  const fits = [size.width, size.height].every(
    (side) => side >= MIN_SIDE_PIXELS && side <= MAX_SIDE_PIXELS
  )
  if (fits) return undefined
  return {
    value: `${size.width} × ${size.height} pixels`,
    expected: `${MIN_SIDE_PIXELS} to ${MAX_SIDE_PIXELS} pixels a side`
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

function describeType(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'an empty file'
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 256))
  if (/<svg[\s/>]/i.test(start)) return 'an SVG image'
  if (/^RIFF....WEBP/s.test(start)) return 'a WebP image'
  return 'another kind of file'
}
