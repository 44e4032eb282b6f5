import { findRoute } from '../../../src/emulator/registry/route.js'

const repository = { alias: 'alias', name: 'team/app' }
const DIGEST = `sha256:${'0'.repeat(64)}`

test.each([
  ['/v2', { kind: 'base' }],
  ['/v2/', { kind: 'base' }],
  ['/v2/alias/team/app/manifests/v1', { kind: 'manifest', reference: 'v1', ...repository }],
  [
    `/v2/alias/team/app/manifests/${DIGEST}`,
    { kind: 'manifest', reference: DIGEST, ...repository }
  ],
  [
    `/v2/alias/team/app/manifests/${encodeURIComponent(DIGEST)}`,
    { kind: 'manifest', reference: DIGEST, ...repository }
  ],
  [`/v2/alias/team/app/blobs/${DIGEST}`, { kind: 'blob', digest: DIGEST, ...repository }],
  ['/v2/alias/team/app/blobs/uploads/', { kind: 'uploads', ...repository }],
  ['/v2/alias/team/app/blobs/uploads', { kind: 'uploads', ...repository }],
  ['/v2/alias/team/app/blobs/uploads/id', { kind: 'upload', uploadId: 'id', ...repository }],
  ['/v2/alias/team/app/tags/list', { kind: 'tags', ...repository }],
  [`/v2/alias/team/app/referrers/${DIGEST}`, { kind: 'referrers', digest: DIGEST, ...repository }],
  [
    '/v2/alias/manifests/manifests/v1',
    { kind: 'manifest', reference: 'v1', alias: 'alias', name: 'manifests' }
  ],
  ['/v2/alias/blobs/tags/list', { kind: 'tags', alias: 'alias', name: 'blobs' }]
])('finds the route of %s', (path, route) => {
  expect(findRoute(path)).toEqual(route)
})

test.each([
  '/',
  '/v2/_catalog',
  '/v2/alias/team/app',
  '/v2/alias/team/app/tags/',
  '/v2/alias/team/app/manifests/',
  '/v2/alias/team/app/referrers/',
  '/v2/alias/team/app/other/x',
  '/v2/alias/team/app/manifests/%',
  '/v1/alias/team/app/tags/list'
])('does not find a route for %s', (path) => {
  expect(findRoute(path)).toBeUndefined()
})
