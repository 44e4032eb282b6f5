import { findLogoFormat } from '../../../src/emulator/images/logo-format.js'

function png(width: number, height: number): Buffer {
  const bytes = Buffer.alloc(24)
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes)
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes
}

function gif(version: string, width: number, height: number): Buffer {
  const bytes = Buffer.alloc(10)
  bytes.write(`GIF${version}`)
  bytes.writeUInt16LE(width, 6)
  bytes.writeUInt16LE(height, 8)
  return bytes
}

/** Returns a JPEG header: an APP0 segment, a Huffman table, and a start of frame. */
function jpeg(marker: number, width: number, height: number): Buffer {
  const segment = (type: number, payload: Buffer): Buffer => {
    const head = Buffer.from([0xff, type, 0, 0])
    head.writeUInt16BE(payload.length + 2, 2)
    return Buffer.concat([head, payload])
  }
  const frame = Buffer.alloc(15)
  frame.writeUInt8(8, 0)
  frame.writeUInt16BE(height, 1)
  frame.writeUInt16BE(width, 3)
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('JFIF\0')),
    segment(0xc4, Buffer.alloc(20)),
    segment(marker, frame)
  ])
}

test.each([
  ['PNG', png(60, 2048), { mediaType: 'image/png', extension: 'png', width: 60, height: 2048 }],
  ['GIF', gif('87a', 61, 62), { mediaType: 'image/gif', extension: 'gif', width: 61, height: 62 }],
  ['GIF', gif('89a', 63, 64), { mediaType: 'image/gif', extension: 'gif', width: 63, height: 64 }],
  [
    'baseline JPEG',
    jpeg(0xc0, 300, 200),
    { mediaType: 'image/jpeg', extension: 'jpg', width: 300, height: 200 }
  ],
  [
    'progressive JPEG',
    jpeg(0xc2, 300, 200),
    { mediaType: 'image/jpeg', extension: 'jpg', width: 300, height: 200 }
  ]
])('returns the format and size of a %s', (_name, bytes, format) => {
  expect(findLogoFormat(bytes)).toEqual(format)
})

test.each([
  ['an empty file', Buffer.alloc(0)],
  ['a PNG without its size', png(60, 60).subarray(0, 20)],
  ['a GIF without its size', gif('89a', 60, 60).subarray(0, 8)],
  ['a GIF of an unknown version', gif('90a', 60, 60)],
  ['a JPEG without a start of frame', jpeg(0xc4, 60, 60)],
  ['a JPEG that ends within its start of frame', jpeg(0xc0, 60, 60).subarray(0, 36)],
  ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')]
])('returns undefined for %s', (_name, bytes) => {
  expect(findLogoFormat(bytes)).toBeUndefined()
})
