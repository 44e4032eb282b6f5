/**
 * Behavior of the registry that is not documented or in which public.ecr.aws differs from the OCI
 * distribution specification. The value of public.ecr.aws is the first one.
 */
export const REGISTRY_SWITCHES = {
  /** The response to an anonymous HEAD of a blob. */
  anonymousBlobHead: ['refuse', 'answer'],
  /** `Docker-Content-Digest` in the response to GET of a manifest. HEAD always returns it. */
  digestOnManifestGet: ['absent', 'present'],
  /**
   * GET of a blob redirects to a signed URL or returns the blob. The other host is the other name
   * of the loopback, `localhost` or `127.0.0.1`; on other addresses, it is the same host.
   */
  blobRedirect: ['other-host', 'same-host', 'off'],
  tagListOrder: ['unsorted', 'lexical'],
  /** Indented `text/plain`, or `application/json`. */
  tagListFormat: ['text', 'json'],
  /** The response if `n` exceeds the maximum page size. */
  tagListAboveMaximum: ['refused', 'cut'],
  /** The status of PATCH of an upload. */
  chunkStatus: ['201', '202'],
  /** The `Range` after a PATCH: the end of the first chunk (`stale`) or of all chunks (`true`). */
  chunkRange: ['stale', 'true'],
  /** A chunk smaller than the minimum part size that is followed by another chunk. */
  shortChunks: ['refuse', 'accept'],
  /** The error code if the digest does not match. */
  digestMismatch: ['upload-invalid', 'digest-invalid'],
  /** A mount starts an upload (`off`) or adds the blob of another repository (`on`). */
  mount: ['off', 'on'],
  /** The referrers API exists (`on`) or returns 404 (`off`). */
  referrers: ['on', 'off'],
  /** The response to PUT of an invalid manifest: 405 or 400. */
  invalidManifest: ['unsupported', 'invalid'],
  /** PUT of a manifest without `mediaType` is rejected, or the media type of the request is used. */
  manifestWithoutMediaType: ['refused', 'accepted'],
  /** `DELETE` of a manifest or tag works (`on`) or returns 405 (`off`). */
  manifestDelete: ['on', 'off']
} as const

/** The defaults of `strict-oci`, if they differ. */
export const STRICT_OCI_SWITCHES = {
  anonymousBlobHead: 'answer',
  digestOnManifestGet: 'present',
  blobRedirect: 'off',
  tagListOrder: 'lexical',
  tagListFormat: 'json',
  tagListAboveMaximum: 'cut',
  chunkStatus: '202',
  chunkRange: 'true',
  shortChunks: 'accept',
  digestMismatch: 'digest-invalid',
  invalidManifest: 'invalid',
  mount: 'on',
  manifestWithoutMediaType: 'accepted',
  lastTagDeletion: 'tag',
  childProtection: 'off'
} as const
