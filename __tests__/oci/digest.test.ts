import {
  createStreamHash,
  hashStream,
  isSha256Digest,
  sha256Digest,
  shortDigest
} from '../../src/oci/digest.js'

const ABC = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

async function* chunksOf(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text))
}

test('returns the SHA-256 digest of the FIPS 180-4 example', () => {
  expect(sha256Digest(Buffer.from('abc'))).toBe(ABC)
  expect(shortDigest(ABC)).toBe('sha256:ba7816bf8f01')
})

test('hashes a stream independently of its chunks', async () => {
  const { signal } = new AbortController()
  const expected = { digest: ABC, size: 3 }
  expect(await hashStream(chunksOf('abc'), signal)).toEqual(expected)
  expect(await hashStream(chunksOf('a', '', 'bc'), signal)).toEqual(expected)
  const hash = createStreamHash()
  hash.update(Buffer.from('ab'))
  hash.update(Buffer.from('c'))
  expect(hash.result()).toEqual(expected)
})

test('rejects with the reason of the signal', async () => {
  const signal = AbortSignal.abort(new Error('cancelled'))
  await expect(hashStream(chunksOf('abc'), signal)).rejects.toThrow('cancelled')
})

test.each(['', 'sha256:', ABC.slice(0, -1), ABC.toUpperCase(), `sha512:${'0'.repeat(128)}`])(
  'does not accept %j as a digest',
  (text) => {
    expect(isSha256Digest(text)).toBe(false)
  }
)
