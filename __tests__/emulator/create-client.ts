import { ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import type { ECRPUBLICClientConfig } from '@aws-sdk/client-ecr-public'
import type { RunningEmulator } from '../helpers/start-emulator.js'

/** Creates an SDK client for an emulator. By default, it does not retry. */
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
