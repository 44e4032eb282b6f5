import { parseReference } from './reference.js'

/** The tag that go-containerregistry writes into archives of images without a tag. */
const CRANE_TAG = 'i-was-a-digest'

/**
 * The repository that kaniko writes with `--no-push` and without a destination, with the tag `latest`
 * (https://github.com/GoogleContainerTools/kaniko/blob/main/pkg/executor/push.go).
 */
const KANIKO_REPOSITORY = 'docker.io/unset-repo/unset-image-name'

/**
 * Returns what a name in an archive is that a program wrote for an image without a name, as a full sentence, or `undefined`
 * for any other name. The tag in such a name is not one that the user chose.
 */
export function describePlaceholder(name: string): string | undefined {
  if (name === CRANE_TAG || name.endsWith(`:${CRANE_TAG}`)) {
    return 'Its tag is the placeholder for an image that was pulled by digest.'
  }
  return parseReference(name)?.repository === KANIKO_REPOSITORY
    ? 'It is the placeholder of kaniko for an image without a destination.'
    : undefined
}
