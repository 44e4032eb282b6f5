import { isLoopback, originOf } from '../http/loopback.js'

/** Where people look at what ECR Public serves (https://docs.aws.amazon.com/AmazonECR/latest/public/what-is-ecr.html). */
const GALLERY = 'https://gallery.ecr.aws'

/**
 * The page of a repository: in the gallery, or for a registry on the loopback the emulator's own page.
 *
 * @param repositoryUri as the API returns it, `HOST/ALIAS/NAME`
 */
export function galleryUrl(repositoryUri: string): string {
  const slash = repositoryUri.indexOf('/')
  const host = repositoryUri.slice(0, slash)
  const path = repositoryUri.slice(slash + 1)
  return isLoopback(host) ? `${originOf(host)}/${path}` : `${GALLERY}/${path}`
}
