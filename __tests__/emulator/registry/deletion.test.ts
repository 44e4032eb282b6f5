import { makeImage, makeIndex } from './images.js'
import { ALIAS, openRegistry } from './open-registry.js'

const path = `/v2/${ALIAS}/team/app/manifests`
const image = makeImage('app')

test('deletes a tag, and the image with its last tag', async () => {
  const { pushImage, send } = await openRegistry()
  for (const tag of ['v1', 'v2']) await pushImage('team/app', image, tag)
  expect((await send('DELETE', `${path}/v1`)).status).toBe(202)
  expect((await send('GET', `${path}/v1`)).status).toBe(404)
  expect((await send('GET', `${path}/${image.digest}`)).status).toBe(200)
  expect((await send('DELETE', `${path}/v2`)).status).toBe(202)
  expect((await send('GET', `${path}/${image.digest}`)).status).toBe(404)
})

test('deletes a manifest with all its tags', async () => {
  const { pushImage, send } = await openRegistry()
  for (const tag of ['v1', 'v2']) await pushImage('team/app', image, tag)
  expect((await send('DELETE', `${path}/${image.digest}`)).status).toBe(202)
  for (const tag of ['v1', 'v2']) expect((await send('GET', `${path}/${tag}`)).status).toBe(404)
  expect((await send('DELETE', `${path}/${image.digest}`)).status).toBe(404)
})

test('returns 405 with the digest of the index for a child of an index', async () => {
  const { pushImage, send } = await openRegistry()
  const index = makeIndex([image])
  await pushImage('team/app', index, 'v1')
  const answer = await send('DELETE', `${path}/${image.digest}`)
  expect(answer.status).toBe(405)
  expect(answer.json()).toEqual({
    errors: [
      {
        code: 'UNSUPPORTED',
        message: `Requested image referenced by manifest list: [${index.digest}]`
      }
    ]
  })
})

test('rejects deleting a blob, and a manifest with manifestDelete=off', async () => {
  const { pushImage, send } = await openRegistry({ manifestDelete: 'off' })
  await pushImage('team/app', image, 'v1')
  const blob = `/v2/${ALIAS}/team/app/blobs/${image.blobs[0]!.digest}`
  for (const target of [blob, `${path}/v1`]) {
    const answer = await send('DELETE', target)
    expect(answer.status).toBe(405)
    expect(answer.text).toContain('UNSUPPORTED')
  }
})
