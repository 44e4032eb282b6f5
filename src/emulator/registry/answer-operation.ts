import { answerBlob, refuseBlobDeletion } from './blobs.js'
import { send } from './exchange.js'
import type { Exchange } from './exchange.js'
import { answerManifest } from './manifests.js'
import type { RegistryOperation } from './operation-name.js'
import { answerReferrers } from './referrers.js'
import type { Route } from './route.js'
import { answerTags } from './tags.js'
import {
  appendChunk,
  cancelUpload,
  completeUpload,
  describeUpload,
  startUpload
} from './uploads.js'
import { deleteManifest, putManifest } from './write-manifests.js'

/** Answers a request that has been let in. */
export function answerOperation(
  exchange: Exchange,
  route: Route,
  operation: RegistryOperation
): void | Promise<void> {
  switch (route.kind) {
    case 'base':
      return send(exchange, 200, { 'content-type': 'application/json' }, '{}')
    case 'manifest':
      if (operation === 'PutManifest') return putManifest(exchange, route)
      if (operation === 'DeleteManifest') return deleteManifest(exchange, route)
      return answerManifest(exchange, route)
    case 'blob':
      return operation === 'DeleteBlob' ? refuseBlobDeletion() : answerBlob(exchange, route)
    case 'uploads':
      return startUpload(exchange, route)
    case 'upload':
      if (operation === 'GetUpload') return describeUpload(exchange, route)
      if (operation === 'PatchUpload') return appendChunk(exchange, route)
      if (operation === 'PutUpload') return completeUpload(exchange, route)
      return cancelUpload(exchange, route)
    case 'tags':
      return answerTags(exchange, route)
    case 'referrers':
      return answerReferrers(exchange, route)
  }
}
