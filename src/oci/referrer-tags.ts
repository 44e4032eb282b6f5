/**
 * `sha256-<hex>` is the tag that lists the referrers of a digest in a registry without the referrers API (OCI
 * distribution specification, "Referrers tag schema"). With `.sig`, `.att` or `.sbom` it is the tag of a signature,
 * attestation or SBOM of cosign.
 */
const REFERRER_TAG = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/

/** Returns the digest of the image that a referrer tag or cosign tag refers to, or `undefined` for any other tag. */
export function findReferrerTagSubject(tag: string): string | undefined {
  const hex = REFERRER_TAG.exec(tag)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}
