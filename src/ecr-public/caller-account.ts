import { $Command, AssumeRoleCommand } from '@aws-sdk/nested-clients/sts'
import type { STSClientResolvedConfig } from '@aws-sdk/nested-clients/sts'
import { getEndpointPlugin } from '@smithy/core/endpoints'
import type { MetadataBearer, StaticOperationSchema, StaticStructureSchema } from '@smithy/types'
import { explainError } from './explain-error.js'
import { createStsClient } from './sts-client.js'
import type { StsClientOptions } from './sts-client.js'

const NAME = 'GetCallerIdentity'
const NAMESPACE = 'com.amazonaws.sts'
const INPUT: StaticStructureSchema = [3, NAMESPACE, `${NAME}Request`, 0, [], []]
const OUTPUT: StaticStructureSchema = [3, NAMESPACE, `${NAME}Response`, 0, ['Account'], [0]]
const OPERATION: StaticOperationSchema = [9, NAMESPACE, NAME, 0, () => INPUT, () => OUTPUT]

type Output = MetadataBearer & { readonly Account?: string }

/** The SDK's nested client of STS does not contain this operation, and a complete client would be a second one. */
const GetCallerIdentityCommand = $Command
  .classBuilder<object, Output, STSClientResolvedConfig, object, Output>()
  .ep(AssumeRoleCommand.getEndpointParameterInstructions())
  .m((command: typeof AssumeRoleCommand, _stack, config: STSClientResolvedConfig) => [
    getEndpointPlugin(config, command.getEndpointParameterInstructions())
  ])
  .s('AWSSecurityTokenServiceV20110615', NAME)
  .n('STSClient', `${NAME}Command`)
  .sc(OPERATION)
  .build()

/**
 * Returns the ID of the AWS account of the credentials. This requires no permission
 * (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
 *
 * @throws ActionError if STS does not return it
 */
export async function getCallerAccount(options: StsClientOptions): Promise<string> {
  const { env, signal } = options
  const explain = (error: unknown): unknown => {
    signal.throwIfAborted()
    return explainError(error, { operation: NAME, isSts: true, env }) ?? error
  }
  const sts = createStsClient(options)
  const response: Output = await sts
    .send(new GetCallerIdentityCommand({}) as never)
    .catch((error: unknown) => {
      throw explain(error)
    })
  const { Account: account, $metadata } = response
  if (account !== undefined && /^\d{12}$/.test(account)) return account
  // The SDK accepts a response of any server, such as an HTML page.
  throw explain(Object.assign(new Error('The response does not contain an account'), { $metadata }))
}
