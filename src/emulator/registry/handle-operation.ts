import { handleBlob, rejectBlobDeletion } from './handle-blob.js'
import { send } from './registry-call.js'
import type { RegistryCall } from './registry-call.js'
import { handleManifest } from './handle-manifest.js'
import type { RegistryOperation } from './operation-name.js'
import { handleReferrers } from './handle-referrers.js'
import type { Route } from './route.js'
import { handleTags } from './handle-tags.js'
import {
  appendChunk,
  cancelUpload,
  completeUpload,
  describeUpload,
  startUpload
} from './uploads.js'
import { deleteManifest, putManifest } from './write-manifests.js'

/** Handles an authorized request. */
export function handleOperation(
  call: RegistryCall,
  route: Route,
  operation: RegistryOperation
): void | Promise<void> {
  switch (route.kind) {
    case 'base':
      return send(call, 200, { 'content-type': 'application/json' }, '{}')
    case 'manifest':
      if (operation === 'PutManifest') return putManifest(call, route)
      if (operation === 'DeleteManifest') return deleteManifest(call, route)
      return handleManifest(call, route)
    case 'blob':
      return operation === 'DeleteBlob' ? rejectBlobDeletion() : handleBlob(call, route)
    case 'uploads':
      return startUpload(call, route)
    case 'upload':
      if (operation === 'GetUpload') return describeUpload(call, route)
      if (operation === 'PatchUpload') return appendChunk(call, route)
      if (operation === 'PutUpload') return completeUpload(call, route)
      return cancelUpload(call, route)
    case 'tags':
      return handleTags(call, route)
    case 'referrers':
      return handleReferrers(call, route)
  }
}
