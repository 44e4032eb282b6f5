import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { ApiError } from '../../../src/emulator/api-error.js'
import { BodyParser } from '../../../src/emulator/api/parse-body.js'
import { parseInput } from '../../../src/emulator/api/parse-input.js'

const BLOB = randomBytes(60_000)
const BASE64 = BLOB.toString('base64')

/** Returns the result of the parser for a body in chunks of these sizes. */
function parseBody(body: Buffer, sizes: readonly number[] = [65_536]): unknown {
  const allocate = (bytes: number): Buffer => Buffer.alloc(bytes)
  const parser = new BodyParser({ announced: body.length, allocate })
  for (let at = 0, piece = 0; at < body.length; piece++) {
    const end = at + sizes[piece % sizes.length]!
    parser.write(body.subarray(at, end))
    at = end
  }
  return parser.finish()
}

/** Returns the blob of an input, whether it is decoded or still text. */
function blobOf(value: unknown): Buffer {
  const { layerPartBlob } = value as { layerPartBlob: Buffer | string }
  return Buffer.from(layerPartBlob as string, 'base64')
}

test('parses a large body like JSON.parse, for any position, spacing and split of the blob', () => {
  const others = fc.dictionary(fc.string(), fc.jsonValue())
  const blanks = fc.stringMatching(/^[ \t\n\r]{0,3}$/)
  const sizes = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 9 })
  const spaces = fc.array(blanks, { minLength: 2 })
  fc.assert(
    fc.property(others, others, spaces, sizes, (before, after, [a, b], pieces) => {
      const inner = (members: object): string => JSON.stringify(members).slice(1, -1)
      const texts = [inner(before), `"layerPartBlob"${a!}:${b!}"${BASE64}"`, inner(after)]
      const body = Buffer.from(`{${texts.filter((text) => text !== '').join(',')}}`)
      const expected = JSON.parse(body.toString()) as Record<string, unknown>
      const parsed = parseBody(body, pieces) as Record<string, unknown>
      expect({ ...parsed, layerPartBlob: '' }).toEqual({ ...expected, layerPartBlob: '' })
      expect(blobOf(parsed).equals(blobOf(expected))).toBe(true)
    }),
    { numRuns: 100 }
  )
})

test.each([[59_998], [59_999], [60_000], [49_152], [98_304]])(
  'decodes a blob of %d bytes completely',
  (size) => {
    const blob = randomBytes(size)
    const body = Buffer.from(JSON.stringify({ layerPartBlob: blob.toString('base64') }))
    expect(blobOf(parseBody(body)).equals(blob)).toBe(true)
  }
)

test.each([
  ['escaped slashes', `{"layerPartBlob":"${BASE64.replaceAll('/', '\\/')}"}`],
  ['its name within another text', `{"note":"a\\"layerPartBlob\\":","layerPartBlob":"${BASE64}"}`],
  ['its name twice', `{"layerPartBlob":"AAAA","layerPartBlob":"${BASE64}"}`]
])('decodes a blob with %s', (_title, text) => {
  for (const sizes of [[65_536], [1000], [7]]) {
    expect(blobOf(parseBody(Buffer.from(text), sizes)).equals(BLOB)).toBe(true)
  }
})

test.each([
  ['a blob within a structure', `{"deeper":{"layerPartBlob":"${BASE64}"}}`],
  ['a blob that is not a string', `{"layerPartBlob":12,"more":"${BASE64}"}`],
  ['a blob without its colon', `{"more":["layerPartBlob","${BASE64}"]}`]
])('does not decode %s', (_title, text) => {
  expect(parseBody(Buffer.from(text), [1000])).toEqual(JSON.parse(text))
})

test.each([
  [`{"layerPartBlob":"${BASE64}`],
  [`{"layerPartBlob":"${BASE64}"`],
  [`{"layerPartBlob":"${BASE64}"}}`],
  [`{"layerPartBlob":"*${BASE64.slice(1)}"}`],
  [`{"layerPartBlob":"_${BASE64.slice(1)}"}`],
  [`{"layerPartBlob":"=${BASE64.slice(1)}"}`],
  [`{"layerPartBlob":"${BASE64.slice(1)}"}`]
])('rejects a large body that is incomplete or invalid', (text) => {
  for (const sizes of [[65_536], [1000], [7]]) {
    expect(() => parseInput('UploadLayerPartRequest', parseBody(Buffer.from(text), sizes))).toThrow(
      ApiError
    )
  }
})
