import type { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'

/** The errors that the SDK's own credential providers threw, such as errors of STS or of a token file. */
const ERRORS = new WeakSet()

/** Records the errors of the SDK's credential providers: a response of STS must not be reported as one of ECR Public. */
export function recordProviderErrors({ config }: Pick<ECRPUBLICClient, 'config'>): void {
  const provider = config.credentials
  const recorded: typeof provider = async (options) => {
    try {
      return await provider(options)
    } catch (error) {
      if (typeof error === 'object' && error !== null) ERRORS.add(error)
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
