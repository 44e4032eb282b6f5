/** The example key of the AWS documentation. The emulator accepts any key. */
const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE'
const SECRET_ACCESS_KEY = 'emulator-secret-access-key'

/**
 * Returns the environment variables that configure the AWS CLI and the AWS SDKs for the emulator, also on a machine
 * without any AWS configuration. Some SDKs read the region from AWS_REGION, others from AWS_DEFAULT_REGION.
 */
export function variablesOf(url: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_ECR_PUBLIC: url,
    AWS_ENDPOINT_URL_STS: url,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY
  }
}
