import fc from 'fast-check'
import { sha256Digest } from '../../../src/oci/digest.js'
import { bodySize, PartBody } from '../../../src/push-tar/upload/part-body.js'
import { readPart } from './fake-service.js'

const fields = {
  registryId: '123456789012',
  repositoryName: 'team/app',
  uploadId: '6f9ea8f1-0000-4000-8000-000000000000',
  partFirstByte: 0,
  partLastByte: 1
}

it('builds the JSON of the request regardless of the chunk sizes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 }),
      fc.integer({ min: 1, max: 200 }),
      (pieces, capacity) => {
        const part = new PartBody(Buffer.alloc(bodySize(capacity)), capacity)
        const all = Buffer.concat(pieces)
        let taken = 0
        for (const piece of pieces) taken += part.append(Buffer.from(piece))
        expect(taken).toBe(Math.min(all.length, capacity))
        expect(part.isFull).toBe(taken === capacity)
        const { bytes, sha256 } = part.finish(fields)
        expect(sha256Digest(bytes)).toBe(`sha256:${sha256}`)
        const { layerPartBlob, ...rest } = readPart(bytes)
        expect(Buffer.from(layerPartBlob, 'base64')).toEqual(all.subarray(0, taken))
        expect(rest).toEqual(fields)
      }
    )
  )
})

it('encodes more bytes than fit in one call of the encoder', () => {
  const bytes = Buffer.from(Array.from({ length: 300_001 }, (_, at) => (at * 31) % 251))
  const part = new PartBody(Buffer.alloc(bodySize(bytes.length)), bytes.length)
  part.append(bytes.subarray(0, 1))
  part.append(bytes.subarray(1))
  const { layerPartBlob } = readPart(part.finish(fields).bytes)
  expect(Buffer.from(layerPartBlob, 'base64').equals(bytes)).toBe(true)
})

it('returns its bytes from any byte on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), (array, nat) => {
      const bytes = Buffer.from(array)
      const part = new PartBody(Buffer.alloc(bodySize(bytes.length)), bytes.length)
      part.append(bytes)
      part.finish(fields)
      const start = nat % bytes.length
      expect(part.bytesFrom(start)).toEqual(bytes.subarray(start))
    })
  )
})

it('can be finished again for another attempt', () => {
  const part = new PartBody(Buffer.alloc(bodySize(100)), 100)
  part.append(Buffer.from('abcd'))
  expect(part.finish(fields)).toEqual(part.finish(fields))
})
