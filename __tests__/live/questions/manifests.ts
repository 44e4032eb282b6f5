import { MEDIA_TYPES } from '../live.ts'
import type { Blobs, Descriptor, Live, LiveRepository } from '../live.ts'
import type { RegistryRequest } from '../connect-registry.ts'
import { other } from './question.ts'

export const MANIFEST_QUESTIONS = {
  digestOnManifestGet,
  tagListOrder,
  tagListFormat,
  tagListAboveMaximum,
  referrers,
  invalidManifest,
  manifestWithoutMediaType,
  manifestDelete
}

/** A repository with an image, and the requests to it. Paths are relative to the repository. */
interface Prepared {
  readonly repository: LiveRepository
  readonly blobs: Blobs
  readonly image: Descriptor
  readonly request: RegistryRequest
}

async function prepare(live: Live, tag?: string): Promise<Prepared> {
  const repository = await live.newRepository()
  const blobs = await live.pushBlobs(repository)
  const image = await live.putImage(repository, blobs, tag === undefined ? {} : { tag })
  const { request } = await live.registry(repository)
  const path = repository.uri.slice(repository.uri.indexOf('/'))
  return { repository, blobs, image, request: (rest, init) => request(`/v2${path}/${rest}`, init) }
}

/** Returns the answer for a status, or the status with the beginning of the body. */
async function byStatus(
  response: Response,
  answers: Readonly<Record<number, string>>
): Promise<string> {
  const answer = answers[response.status]
  const text = await response.text()
  return answer ?? other(`${response.status} ${text.trim().slice(0, 200)}`)
}

/** Does the response to GET of a manifest contain the digest? */
async function digestOnManifestGet(live: Live): Promise<string> {
  const { image, request } = await prepare(live)
  const { headers } = await request(`manifests/${image.digest}`)
  return headers.get('docker-content-digest') === null ? 'absent' : 'present'
}

/** Are tags listed in lexical order? */
async function tagListOrder(live: Live): Promise<string> {
  const { repository, blobs, request } = await prepare(live)
  const tags = ['b', 'd', 'a', 'f', 'c', 'h', 'e', 'g', 'j', 'i']
  for (const tag of tags) await live.putImage(repository, blobs, { tag })
  const list = (await (await request('tags/list')).json()) as { readonly tags: readonly string[] }
  if (list.tags.length !== tags.length) return other(`${list.tags.length} of ${tags.length} tags`)
  return list.tags.join('') === [...tags].sort().join('') ? 'lexical' : 'unsorted'
}

/** Which media type does the list of tags have? */
async function tagListFormat(live: Live): Promise<string> {
  const { request } = await prepare(live, 'latest')
  const type = (await request('tags/list')).headers.get('content-type') ?? ''
  if (type.startsWith('text/plain')) return 'text'
  return type.startsWith('application/json') ? 'json' : other(type)
}

/** What is the response if the requested page is too large? */
async function tagListAboveMaximum(live: Live): Promise<string> {
  const { request } = await prepare(live, 'latest')
  return byStatus(await request('tags/list?n=1001'), { 200: 'cut', 405: 'refused' })
}

/** Does the referrers API exist? */
async function referrers(live: Live): Promise<string> {
  const { image, request } = await prepare(live)
  return byStatus(await request(`referrers/${image.digest}`), { 200: 'on', 404: 'off' })
}

function putManifest(request: RegistryRequest, manifest: object): Promise<Response> {
  return request('manifests/latest', {
    method: 'PUT',
    headers: { 'content-type': MEDIA_TYPES.manifest },
    body: JSON.stringify(manifest)
  })
}

/** What is the response to an invalid manifest? */
async function invalidManifest(live: Live): Promise<string> {
  const { request } = await prepare(live)
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config: 7, layers: 7 }
  return byStatus(await putManifest(request, manifest), { 400: 'invalid', 405: 'unsupported' })
}

/** Is a manifest accepted whose media type is only in the request? */
async function manifestWithoutMediaType(live: Live): Promise<string> {
  const { blobs, request } = await prepare(live)
  const response = await putManifest(request, { schemaVersion: 2, ...blobs })
  return byStatus(response, { 201: 'accepted', 400: 'refused', 405: 'refused' })
}

/** Can a manifest be deleted? */
async function manifestDelete(live: Live): Promise<string> {
  const { image, request } = await prepare(live)
  const response = await request(`manifests/${image.digest}`, { method: 'DELETE' })
  return byStatus(response, { 202: 'on', 405: 'off' })
}
