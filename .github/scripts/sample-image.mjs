// Writes a small image as an OCI image layout directory, for workflows that do not build an image:
//
//     node .github/scripts/sample-image.mjs DIRECTORY VERSION
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [directory, version] = process.argv.slice(2)
if (directory === undefined || version === undefined) {
  throw new Error('Usage: node .github/scripts/sample-image.mjs DIRECTORY VERSION')
}

const blobs = join(directory, 'blobs', 'sha256')
mkdirSync(blobs, { recursive: true })

const layer = tarOf('version.txt', `${version}\n`)
const layerDescriptor = writeBlob('application/vnd.oci.image.layer.v1.tar', layer)
const config = writeBlob('application/vnd.oci.image.config.v1+json', {
  architecture: 'amd64',
  os: 'linux',
  config: { Cmd: ['/version.txt'], Labels: { 'org.opencontainers.image.version': version } },
  rootfs: { type: 'layers', diff_ids: [layerDescriptor.digest] },
  history: [{ created: '2026-01-01T00:00:00Z', created_by: `COPY version.txt / # ${version}` }]
})
const manifest = writeBlob('application/vnd.oci.image.manifest.v1+json', {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config,
  layers: [layerDescriptor]
})
manifest.annotations = { 'org.opencontainers.image.ref.name': version }
writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
writeFileSync(
  join(directory, 'index.json'),
  JSON.stringify({ schemaVersion: 2, manifests: [manifest] })
)

/** Writes a blob and returns its descriptor. */
function writeBlob(mediaType, content) {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content))
  const hex = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(join(blobs, hex), bytes)
  return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
}

/** Returns a ustar archive of one file. The offsets of the header fields are from POSIX.1-1988. */
function tarOf(name, content) {
  const header = Buffer.alloc(512)
  const put = (text, offset) => header.write(text, offset, 'latin1')
  put(name, 0)
  put('0000644\0', 100)
  put('0000000\0', 108)
  put('0000000\0', 116)
  put(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124)
  put('00000000000\0', 136)
  put('        ', 148)
  put('0', 156)
  put('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512 + 1024)
  body.write(content)
  return Buffer.concat([header, body])
}
