import { isLoopback, originOf } from '../http/loopback.js'

/** The Amazon ECR Public Gallery (https://docs.aws.amazon.com/AmazonECR/latest/public/what-is-ecr.html). */
const GALLERY = 'https://gallery.ecr.aws'

/**
 * Returns the URL of a repository's gallery page. For a registry on the loopback it is the emulator's page.
 *
 * @param repositoryUri as the API returns it, `HOST/ALIAS/NAME`, or empty if it is not known, as is the URL then
 */
export function galleryUrl(repositoryUri: string): string {
  if (repositoryUri === '') return ''
  const slash = repositoryUri.indexOf('/')
  const host = repositoryUri.slice(0, slash)
  const path = repositoryUri.slice(slash + 1)
  return isLoopback(host) ? `${originOf(host)}/${path}` : `${GALLERY}/${path}`
}
