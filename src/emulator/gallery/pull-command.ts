import type { Repository, Tag } from '../store.js'

const HELM_CONFIG = 'application/vnd.cncf.helm.config.v1+json'

/** The command that fetches the newest image, or `latest` where that is a tag; of charts, Helm's. */
export function pullCommand(
  { tags, images }: Repository,
  uri: string,
  newest: Tag | undefined
): string {
  const tag = tags.get('latest') ?? newest
  if (tag === undefined) return `docker pull ${uri}`
  const isChart = images.get(tag.digest)?.artifactMediaType === HELM_CONFIG
  return isChart ? `helm pull oci://${uri} --version ${tag.name}` : `docker pull ${uri}:${tag.name}`
}
