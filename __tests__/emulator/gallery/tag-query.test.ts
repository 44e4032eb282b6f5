import {
  kindsOf,
  matchingTags,
  newestFirst,
  parseTagQuery,
  tagQueryText
} from '../../../src/emulator/gallery/tag-query.js'
import type { TagQuery } from '../../../src/emulator/gallery/tag-query.js'
import { Store } from '../../../src/emulator/store/store.js'
import type { Repository } from '../../../src/emulator/store/store.js'

const MEDIA_TYPES = {
  image: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json'
}

let store: Store
let repository: Repository

beforeAll(() => {
  store = new Store(undefined, () => new Date(0))
  repository = store.createRepository('team/app')
  const put = (tag: string, mediaType: string, more: object): void => {
    const manifest = Buffer.from(JSON.stringify({ tag }))
    const image = { manifest, mediaType, size: 1, children: [], mediaTypes: {}, ...more }
    store.putImage('team/app', image, tag)
  }
  const config = { artifactMediaType: 'application/vnd.oci.image.config.v1+json' }
  put('v1.0', MEDIA_TYPES.image, config)
  put('V1.1', MEDIA_TYPES.image, config)
  put('v2.0', MEDIA_TYPES.index, {})
  put('chart', MEDIA_TYPES.image, { artifactMediaType: 'application/vnd.cncf.helm.config.v1+json' })
  put('sbom', MEDIA_TYPES.image, { artifactType: 'application/spdx+json' })
  put('other', MEDIA_TYPES.image, {})
})

afterAll(() => store.close())

function search(query: Partial<TagQuery>): string[] {
  const all = { search: '', type: '', page: 1, ...query }
  return matchingTags(repository, newestFirst(repository), all).map(({ name }) => name)
}

test('lists the types of the tags by name', () => {
  expect(kindsOf(repository, newestFirst(repository))).toEqual([
    'Artifact',
    'Helm chart',
    'Image',
    'Multi-platform image',
    'application/spdx+json'
  ])
})

test('finds a part of a tag in any case, in the order of the tags', () => {
  expect(search({})).toEqual(['V1.1', 'chart', 'other', 'sbom', 'v1.0', 'v2.0'])
  expect(search({ search: 'V1' })).toEqual(['V1.1', 'v1.0'])
  expect(search({ search: '.0' })).toEqual(['v1.0', 'v2.0'])
  expect(search({ search: '.*' })).toEqual([])
})

test('finds a part of a digest in any case', () => {
  const { digest } = repository.tags.get('v2.0')!
  expect(search({ search: digest })).toEqual(['v2.0'])
  expect(search({ search: digest.slice(20, 50).toUpperCase() })).toEqual(['v2.0'])
})

test('finds the tags of a type, and combines it with a search', () => {
  expect(search({ type: 'Image' })).toEqual(['V1.1', 'v1.0'])
  expect(search({ type: 'Image', search: '.1' })).toEqual(['V1.1'])
  expect(search({ type: 'image' })).toEqual([])
})

test.each([
  ['', { search: '', type: '', page: 1 }],
  ['search=+v1+&type=Helm+chart&page=2', { search: 'v1', type: 'Helm chart', page: 2 }],
  ['page=x', { search: '', type: '', page: 1 }],
  ['page=1.5', { search: '', type: '', page: 1 }],
  ['page=1e99', { search: '', type: '', page: 1 }]
])('reads the query %j', (text, query) => {
  expect(parseTagQuery(new URLSearchParams(text))).toEqual(query)
})

test('writes the query of another page of the same tags', () => {
  expect(tagQueryText({ search: '', type: '', page: 1 }, 2)).toBe('page=2')
  expect(tagQueryText({ search: 'a&b=#', type: 'Helm chart', page: 1 }, 3)).toBe(
    'search=a%26b%3D%23&type=Helm+chart&page=3'
  )
})
