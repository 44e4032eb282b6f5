/**
 * `sha256-<hex>` is the tag under which a registry without a referrers API lists what refers to a digest
 * (OCI distribution specification, "Referrers tag schema"); with `.sig`, `.att` or `.sbom` it is where
 * cosign keeps signatures, attestations and SBOMs of that digest.
 */
const COMPANION_TAG = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/

/** The digest of the image that a companion tag belongs to, or `undefined` for any other tag. */
export function findCompanionTarget(tag: string): string | undefined {
  const hex = COMPANION_TAG.exec(tag)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}
