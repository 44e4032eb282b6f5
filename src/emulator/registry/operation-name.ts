import type { OperationName } from '../model/operations.js'
import type { Route } from './route.js'

/** What the log and fault rules call a request to the registry side. */
export type RegistryOperation =
  | 'Ping'
  | 'GetToken'
  | 'GetManifest'
  | 'HeadManifest'
  | 'PutManifest'
  | 'DeleteManifest'
  | 'GetBlob'
  | 'HeadBlob'
  | 'DownloadBlob'
  | 'DeleteBlob'
  | 'StartUpload'
  | 'GetUpload'
  | 'PatchUpload'
  | 'PutUpload'
  | 'DeleteUpload'
  | 'ListTags'
  | 'GetReferrers'

const OPERATIONS: Readonly<Record<Route['kind'], Readonly<Record<string, RegistryOperation>>>> = {
  base: { GET: 'Ping', HEAD: 'Ping' },
  manifest: {
    GET: 'GetManifest',
    HEAD: 'HeadManifest',
    PUT: 'PutManifest',
    DELETE: 'DeleteManifest'
  },
  blob: { GET: 'GetBlob', HEAD: 'HeadBlob', DELETE: 'DeleteBlob' },
  uploads: { POST: 'StartUpload' },
  upload: {
    GET: 'GetUpload',
    PATCH: 'PatchUpload',
    PUT: 'PutUpload',
    DELETE: 'DeleteUpload'
  },
  tags: { GET: 'ListTags' },
  referrers: { GET: 'GetReferrers' }
}

/** The operation that a method is on a route; `undefined` where the route does not take it. */
export function operationName(route: Route, method: string): RegistryOperation | undefined {
  return OPERATIONS[route.kind][method]
}

/** `true` for what changes the registry, or is asked for on the way to a change. */
export function needsAccount(operation: RegistryOperation): boolean {
  return /Upload$|^(Put|Delete)/.test(operation)
}

/** `true` for the reads that the pull rate counts. */
export function isCountedRead(operation: RegistryOperation): boolean {
  return ['GetManifest', 'HeadManifest', 'GetBlob', 'ListTags', 'GetReferrers'].includes(operation)
}

const API_OPERATIONS: Readonly<Partial<Record<RegistryOperation, OperationName>>> = {
  HeadBlob: 'BatchCheckLayerAvailability',
  StartUpload: 'InitiateLayerUpload',
  PatchUpload: 'UploadLayerPart',
  PutUpload: 'CompleteLayerUpload',
  PutManifest: 'PutImage',
  DeleteManifest: 'BatchDeleteImage'
}

/** The API operation whose permission the account needs for this one; pulls are everybody's. */
export function apiOperation(operation: RegistryOperation): OperationName | undefined {
  return API_OPERATIONS[operation]
}
