import { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import type { ECRPUBLICClientConfig } from '@aws-sdk/client-ecr-public'
import type { RunningEmulator } from '../helpers/start-emulator.js'

/** The SDK's client for an emulator, which tries once unless told otherwise. */
export function createClient(
  emulator: Pick<RunningEmulator, 'url'>,
  config: ECRPUBLICClientConfig = {}
): ECRPUBLICClient {
  return new ECRPUBLICClient({
    region: 'us-east-1',
    endpoint: emulator.url,
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    maxAttempts: 1,
    ...config
  })
}
