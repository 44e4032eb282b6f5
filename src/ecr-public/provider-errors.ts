import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'

/** The errors that the SDK's own credential providers threw, such as errors of STS or of a token file, with the profile. */
const ERRORS = new WeakMap<object, string | undefined>()

/**
 * Records the errors of the SDK's credential providers: a response of STS must not be reported as one of ECR Public.
 *
 * @param profile the profile, if only its credentials are used
 */
export function recordProviderErrors(
  { config }: Pick<ECRPUBLICClient, 'config'>,
  profile?: string
): void {
  const provider = config.credentials
  const recorded: typeof provider = async (options) => {
    try {
      return await provider(options)
    } catch (error) {
      if (typeof error === 'object' && error !== null) ERRORS.set(error, profile)
      throw error
    }
  }
  // The SDK must not keep the result: the original provider does.
  config.credentials = Object.assign(recorded, provider)
}

/** Returns `true` if a credential provider of the SDK threw the error. */
export function isProviderError(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && ERRORS.has(thrown)
}

/** Returns the profile whose credentials could not be loaded, or `undefined` for other errors. */
export function profileOfError(thrown: unknown): string | undefined {
  return typeof thrown === 'object' && thrown !== null ? ERRORS.get(thrown) : undefined
}
