import { SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr-public'
import type { SetRepositoryPolicyCommandInput } from '@aws-sdk/client-ecr-public'
import type { Deps } from '../runner/deps.js'
import { isErrorNamed, messageOf, problem } from '../runner/errors.js'
import { isJsonObject, parseJson } from '../runner/json.js'
import type { Json } from '../runner/json.js'

const FIRST_DELAY_MS = 1_000
const MAX_DELAY_MS = 10_000
/** The total of the delays. The observed time until ECR Public accepts a new IAM role is some seconds. */
const MAX_WAIT_MS = 60_000

/**
 * Sets the policy of a repository. The service rejects a policy with an IAM principal that was just created, so this
 * error is retried for up to a minute (hashicorp/terraform-provider-aws, `ecrpublic/repository_policy.go`).
 *
 * @throws ActionError if the service still rejects the policy after a minute
 */
export async function setPolicy(
  input: SetRepositoryPolicyCommandInput,
  { api, log, sleep }: Pick<Deps, 'api' | 'log' | 'sleep'>
): Promise<void> {
  const hasPrincipal = namesPrincipal(input.policyText ?? '')
  let waited = 0
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
    try {
      await api.send(new SetRepositoryPolicyCommand(input))
      return
    } catch (error) {
      if (!hasPrincipal || !isRejectedPolicy(error)) throw error
      if (waited === MAX_WAIT_MS) throw rejected(input.repositoryName, error)
    }
    delay = Math.min(delay, MAX_WAIT_MS - waited)
    log.info(
      `${input.repositoryName ?? ''}: ECR Public does not accept the policy. A principal that was just created can cause this. Retrying in ${delay / 1000} s.`
    )
    await sleep(delay)
    waited += delay
  }
}

function isRejectedPolicy(error: unknown): boolean {
  return (
    isErrorNamed(error, 'InvalidParameterException') &&
    /invalid repository policy provided/i.test(error.message)
  )
}

/** Returns `true` if the policy has a principal other than everyone, which the service has to look up. */
function namesPrincipal(policyText: string): boolean {
  const policy = parseJson(policyText)
  const statements = isJsonObject(policy) ? [policy.Statement].flat() : []
  return statements.some((statement) => {
    if (statement === undefined || !isJsonObject(statement)) return false
    return listPrincipals(statement.Principal ?? statement.NotPrincipal).some(
      (principal) => principal !== '*'
    )
  })
}

function listPrincipals(principal: Json | undefined): (Json | undefined)[] {
  if (principal === undefined || !isJsonObject(principal)) return [principal].flat()
  return Object.values(principal).flat()
}

function rejected(repositoryName: string | undefined, cause: unknown): Error {
  return problem(
    {
      what: `ECR Public rejected the policy of ${repositoryName ?? ''} for a minute`,
      value: messageOf(cause),
      reason: 'A principal of the policy does not exist, or the policy is not valid.',
      fix: 'Check the ARNs and account IDs in "Principal", and the actions, which have to begin with "ecr-public:".'
    },
    cause
  )
}
