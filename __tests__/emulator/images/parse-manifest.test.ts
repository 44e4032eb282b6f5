import { MEDIA_TYPES } from '../../../src/emulator/images/media-types.js'
import { parseManifest } from '../../../src/emulator/images/parse-manifest.js'

const DIGEST = `sha256:${'0'.repeat(64)}`
const CONFIG = { mediaType: MEDIA_TYPES.oci.config, digest: DIGEST, size: 2 }
const LAYER = { mediaType: MEDIA_TYPES.oci.layer, digest: DIGEST, size: 3 }
const IMAGE = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.oci.manifest,
  config: CONFIG,
  layers: [LAYER]
}

function parse(manifest: unknown, given?: string): ReturnType<typeof parseManifest> {
  return parseManifest(JSON.stringify(manifest), given)
}

test('returns the config and layers of an image', () => {
  expect(parse(IMAGE)).toEqual({
    mediaType: MEDIA_TYPES.oci.manifest,
    config: { ...CONFIG, isForeign: false },
    layers: [{ ...LAYER, isForeign: false }],
    children: [],
    subject: undefined,
    artifactType: undefined,
    annotations: undefined
  })
})

test.each([MEDIA_TYPES.oci.index, MEDIA_TYPES.docker.index])(
  'returns the children of an index of type %s',
  (mediaType) => {
    const child = { mediaType: MEDIA_TYPES.oci.manifest, digest: DIGEST, size: 4 }
    const { config, layers, children } = parse({ schemaVersion: 2, mediaType, manifests: [child] })
    expect([config, layers]).toEqual([undefined, []])
    expect(children).toEqual([{ ...child, isForeign: false }])
  }
)

test('returns the subject, the artifact type and the annotations that are texts', () => {
  const manifest = {
    ...IMAGE,
    subject: CONFIG,
    artifactType: 'application/example',
    annotations: { text: 'a', number: 1 }
  }
  expect(parse(manifest)).toMatchObject({
    subject: { digest: DIGEST },
    artifactType: 'application/example',
    annotations: { text: 'a' }
  })
})

test.each([
  { ...LAYER, urls: ['https://example.com/layer'] },
  { ...LAYER, mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' },
  { ...LAYER, mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip' }
])('marks a foreign layer: %j', (layer) => {
  expect(parse({ ...IMAGE, layers: [LAYER, layer] }).layers).toMatchObject([
    { isForeign: false },
    { isForeign: true }
  ])
})

test('uses the given media type for a manifest without a media type', () => {
  const manifest = { schemaVersion: 2, config: CONFIG, layers: [LAYER] }
  expect(parse(manifest, MEDIA_TYPES.docker.manifest).mediaType).toBe(MEDIA_TYPES.docker.manifest)
  expect(() => parse(manifest)).toThrow('Invalid JSON syntax')
})

test('rejects a given media type that differs from the type of the manifest', () => {
  expect(() => parse(IMAGE, MEDIA_TYPES.docker.manifest)).toThrow(
    `Media type of the manifest is '${MEDIA_TYPES.oci.manifest}'`
  )
})

test.each([
  [],
  'text',
  null,
  { ...IMAGE, schemaVersion: 1 },
  { ...IMAGE, mediaType: 'application/json' },
  { ...IMAGE, config: undefined },
  { ...IMAGE, layers: {} },
  { ...IMAGE, layers: [{ ...LAYER, digest: 'sha256:0' }] },
  { ...IMAGE, layers: [{ ...LAYER, size: -1 }] },
  { ...IMAGE, layers: [{ ...LAYER, size: 1.5 }] },
  { ...IMAGE, subject: {} }
])('rejects %j', (manifest) => {
  expect(() => parse(manifest)).toThrow('Invalid JSON syntax')
})

test('rejects text that is not JSON', () => {
  expect(() => parseManifest('{', undefined)).toThrow('Invalid JSON syntax')
})
