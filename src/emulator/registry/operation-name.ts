import type { OperationName } from '../model/operations.js'
import type { Route } from './route.js'

/** The operations of the registry in fault rules and in the request log. */
export const REGISTRY_OPERATIONS = [
  'Ping',
  'GetToken',
  'GetManifest',
  'HeadManifest',
  'PutManifest',
  'DeleteManifest',
  'GetBlob',
  'HeadBlob',
  'DownloadBlob',
  'DeleteBlob',
  'StartUpload',
  'GetUpload',
  'PatchUpload',
  'PutUpload',
  'DeleteUpload',
  'ListTags',
  'GetReferrers'
] as const

export type RegistryOperation = (typeof REGISTRY_OPERATIONS)[number]

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

/** Returns the operation of a method on a route, or `undefined` if the method is not supported. */
export function operationName(route: Route, method: string): RegistryOperation | undefined {
  return OPERATIONS[route.kind][method]
}

/** Returns `true` for operations that change the registry or prepare a change. */
export function needsAccount(operation: RegistryOperation): boolean {
  return /Upload$|^(Put|Delete)/.test(operation)
}

/** Returns `true` for reads that count towards the pull rate. */
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

/** Returns the API operation whose permission is required. Pulls do not require a permission. */
export function apiOperation(operation: RegistryOperation): OperationName | undefined {
  return API_OPERATIONS[operation]
}
