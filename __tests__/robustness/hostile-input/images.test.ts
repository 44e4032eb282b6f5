import fc from 'fast-check'
import { parseConfig } from '../../../src/oci/config.js'
import { parseDescriptor, parseManifest } from '../../../src/oci/manifest.js'
import { MEDIA_TYPES } from '../../../src/oci/media-types.js'
import { isTag, parseReference } from '../../../src/oci/reference.js'
import { normalizeName, resolveLink } from '../../../src/image-archive/tar/member-name.js'
import { parsePaxRecords } from '../../../src/image-archive/tar/pax-records.js'
import {
  readDataMap,
  readOldGnuMap,
  readPaxMap
} from '../../../src/image-archive/tar/sparse-map.js'
import { parseChallenge, findTokenUrl } from '../../../src/registry-client/challenge.js'
import { listReferrers } from '../../../src/registry-client/list-referrers.js'
import { findLogoFault } from '../../../src/sync-catalog/check-logo.js'
import { buildAttestation, buildImage, buildIndex } from '../../helpers/archives.js'
import { makePng } from '../../helpers/make-workspace.js'
import { paxRecords } from '../../helpers/tar-writer.js'
import { FUZZ_TIMEOUT_MS, tellFuzzCounts, tryHostile } from './fuzz.js'
import { damagedBytes, damagedJson, damagedText } from './mutations.js'

tellFuzzCounts('images')

const parse = (bytes: Buffer): unknown => JSON.parse(bytes.toString())
const image = buildImage()
const docker = buildImage({ docker: true })
const index = buildIndex([image, buildImage({ platform: { os: 'linux', architecture: 'arm64' } })])
const attestation = buildAttestation(image)
const manifests = [image, docker, index, attestation].map(({ content }) => parse(content.bytes))
const DIGEST = image.content.digest
const RUNS = { small: 100, soak: 3000 }

const mediaType = fc.constantFrom(undefined, ...Object.values(MEDIA_TYPES), '', 'text/html')

test(
  'a manifest or index of any content is read or refused with words',
  async () => {
    await tryHostile(
      'parseManifest',
      fc.tuple(damagedJson(manifests), mediaType),
      RUNS,
      ([text, type]) => parseManifest(Buffer.from(text), 'manifest', type)
    )
    await tryHostile(
      'parseManifest of bytes',
      damagedBytes([image.content.bytes, index.content.bytes]),
      RUNS,
      (bytes) => parseManifest(bytes, 'manifest')
    )
    const descriptor = { mediaType: 'a/b', digest: DIGEST, size: 1, urls: ['a'], annotations: {} }
    await tryHostile('parseDescriptor', damagedJson([descriptor]), RUNS, (text) =>
      parseDescriptor(tryParse(text), 'descriptor')
    )
  },
  FUZZ_TIMEOUT_MS
)

test(
  'an image config of any content is read or refused with words',
  async () => {
    const config = { ...(parse(image.config) as object), variant: 'v8', history: [{}, null] }
    await tryHostile('parseConfig', damagedJson([parse(image.config), config]), RUNS, (text) =>
      parseConfig(Buffer.from(text), 'config')
    )
  },
  FUZZ_TIMEOUT_MS
)

test(
  'lists of referrers of any content and length come to an end',
  async () => {
    const link = damagedText(
      ['</v2/a/b/referrers/x?n=1>; rel="next"', '<https://evil.example/>; rel=next'],
      ['<', '>', ';', 'rel="next"', ',', '/v2/a/b/', '..', '\\', '?']
    )
    const page = fc.record({ text: damagedJson(manifests), link: fc.option(link) })
    await tryHostile(
      'listReferrers',
      fc.array(page, { minLength: 1, maxLength: 4 }),
      RUNS,
      async (pages) => {
        let asked = 0
        await listReferrers('a/b', DIGEST, (path) => {
          if (++asked > 1000) throw new Error('more than 1,000 pages were asked for')
          const { host, pathname } = new URL(`https://registry/v2/a/b/${path}`)
          expect([host, pathname.startsWith('/v2/a/b/')]).toEqual(['registry', true])
          const { text, link: header } = pages[asked % pages.length]!
          return Promise.resolve({
            status: 200,
            body: Buffer.from(text),
            headers: { link: header ?? undefined }
          })
        })
      }
    )
  },
  FUZZ_TIMEOUT_MS
)

test(
  'a challenge of any content leads to https, or to the loopback, or nowhere',
  async () => {
    const header = damagedText(
      [
        'Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws"',
        'Basic realm="x", Bearer realm=http://127.0.0.1/token'
      ],
      ['Bearer ', 'realm=', '"', '\\"', ',', '=', 'http://', 'https://', 'user:pw@', 'file:///']
    )
    await tryHostile('parseChallenge', header, RUNS, (text) => {
      for (const origin of ['https://public.ecr.aws', 'http://127.0.0.1:5111']) {
        const challenge = parseChallenge(text)
        const url = challenge && findTokenUrl(origin, challenge, 'a/b')
        if (url === undefined || url.protocol === 'https:') continue
        expect(url.hostname).toMatch(/^(?:127\.|localhost$|\[::1\]$)/)
        expect(origin).toMatch(/^http:/)
      }
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'names and links of members never lead out of the archive',
  async () => {
    const name = damagedText(
      ['a/b/layer.tar', './x', 'blobs/sha256/abc', 'C:\\a\\b'],
      ['/', '../', './', '\\', '..', '..\\', 'C:', '//']
    )
    await tryHostile('normalizeName', fc.tuple(name, name), RUNS, ([from, target]) => {
      const normal = normalizeName(from)
      for (const found of [normal, normal && resolveLink(normal, target)]) {
        if (found === undefined) continue
        expect(found).not.toMatch(/^\/|(?:^|\/)\.\.(?:\/|$)|\\|\0/)
      }
    })
    const reference = damagedText(
      ['ex.com:5000/team/app:v1', 'app', `a/b@${DIGEST}`, '[::1]:5000/a'],
      [':', '@', '/', '.', '-', 'sha256:', '[', ']']
    )
    await tryHostile('parseReference', reference, RUNS, (text) => {
      const found = parseReference(text)
      if (found?.tag !== undefined) expect(isTag(found.tag)).toBe(true)
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'pax records and sparse maps of any content are read or refused',
  async () => {
    const records = [
      paxRecords([
        ['path', 'a'.repeat(200)],
        ['size', '12']
      ]),
      paxRecords([
        ['GNU.sparse.size', '99'],
        ['GNU.sparse.map', '0,1,5,2']
      ])
    ]
    await tryHostile('parsePaxRecords', damagedBytes(records), RUNS, (bytes) => {
      const found = parsePaxRecords(bytes)
      if (found !== undefined)
        for (const format of ['0.0', '0.1'] as const) readPaxMap(found, format)
    })
    const maps = [Buffer.from('2\n0\n512\n1024\n512\n'), Buffer.alloc(512, '00000000001\0')]
    await tryHostile('sparse maps', damagedBytes(maps), RUNS, (bytes) => {
      readDataMap(bytes)
      for (const layout of ['header', 'block'] as const) {
        readOldGnuMap(Buffer.concat([bytes, Buffer.alloc(512)]), layout)
      }
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'a logo of any content is measured or refused',
  async () => {
    const gif = Buffer.from('GIF89a\x40\0\x40\0\x80\0\0', 'latin1')
    const jpeg = Buffer.from(
      'ffd8ffe000104a46494600010100000100010000ffc0000b080040004001011100',
      'hex'
    )
    await tryHostile(
      'findLogoFault',
      damagedBytes([makePng(64, 64), gif, jpeg]),
      RUNS,
      findLogoFault
    )
  },
  FUZZ_TIMEOUT_MS
)

/** JSON that is none is not what these readers are given. */
function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
