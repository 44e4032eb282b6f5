/**
 * What the registry side does where public.ecr.aws and the OCI distribution specification differ, or
 * where nobody outside knows for sure: the values, that of public.ecr.aws first.
 */
export const REGISTRY_SWITCHES = {
  /** A HEAD of a blob with a token of nobody. */
  anonymousBlobHead: ['refuse', 'answer'],
  /** `Docker-Content-Digest` on a GET of a manifest; a HEAD always has it. */
  digestOnManifestGet: ['absent', 'present'],
  /**
   * A GET of a blob is answered with a redirect to a signed address, or with the blob. The other host is
   * the other name of the loopback, `localhost` or `127.0.0.1`; beside the loopback it is the same host.
   */
  blobRedirect: ['other-host', 'same-host', 'off'],
  tagListOrder: ['unsorted', 'lexical'],
  /** Indented `text/plain`, or `application/json`. */
  tagListFormat: ['text', 'json'],
  /** What `n` above the largest page gets. */
  tagListAboveMaximum: ['refused', 'cut'],
  /** The status of a PATCH of an upload. */
  chunkStatus: ['201', '202'],
  /** The `Range` after a PATCH: stays at the end of the first chunk, or grows. */
  chunkRange: ['stale', 'true'],
  /** A chunk below the least part size with another chunk after it. */
  shortChunks: ['refuse', 'accept'],
  /** The code for bytes that are not those of the digest. */
  digestMismatch: ['upload-invalid', 'digest-invalid'],
  /** A mount gives the blob of another repository, or only starts an upload. */
  mount: ['on', 'off'],
  /** `GET …/referrers/…` is there, or 404 as before OCI 1.1. */
  referrers: ['on', 'off'],
  /** What a PUT of a manifest gets that PutImage finds invalid: 405, or 400. */
  invalidManifest: ['unsupported', 'invalid'],
  /** `DELETE` of a manifest or tag works, or is 405. */
  manifestDelete: ['on', 'off']
} as const

/** The values that `strict-oci` has by default where it differs. */
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
  lastTagDeletion: 'tag',
  childProtection: 'off'
} as const
