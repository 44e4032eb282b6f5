import type { SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr-public'
import { setPolicy } from '../../src/ensure-repo/set-policy.js'
import type { EcrPublicApi, Log } from '../../src/runner/deps.js'

const REJECTION =
  "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"

function policyOf(principal: unknown): string {
  return JSON.stringify({
    Statement: { Effect: 'Allow', Principal: principal, Action: 'ecr-public:DescribeImages' }
  })
}

interface Setup {
  readonly calls: string[]
  readonly delays: number[]
  readonly lines: string[]
  readonly run: (policyText: string) => Promise<void>
}

/** Creates a service that rejects the first policies. Time passes only by `sleep`. */
function setUp(rejections: number, name = 'InvalidParameterException', message = REJECTION): Setup {
  const calls: string[] = []
  const delays: number[] = []
  const lines: string[] = []
  const send = ({ input }: SetRepositoryPolicyCommand): Promise<unknown> => {
    calls.push(input.policyText ?? '')
    if (calls.length > rejections) return Promise.resolve({})
    return Promise.reject(Object.assign(new Error(message), { name }))
  }
  const deps = {
    api: { send } as unknown as EcrPublicApi,
    log: { info: (line: string) => void lines.push(line) } as unknown as Log,
    sleep: (milliseconds: number) => {
      delays.push(milliseconds)
      return Promise.resolve()
    }
  }
  return {
    calls,
    delays,
    lines,
    run: (policyText) => setPolicy({ repositoryName: 'app', policyText }, deps)
  }
}

const ROLE = policyOf({ AWS: 'arn:aws:iam::123456789012:role/new' })

test('a policy with a principal that is not known yet is sent again until it is accepted', async () => {
  const { run, calls, delays, lines } = setUp(4)
  await run(ROLE)
  expect(calls).toEqual([ROLE, ROLE, ROLE, ROLE, ROLE])
  expect(delays).toEqual([1_000, 2_000, 4_000, 8_000])
  expect(lines).toHaveLength(4)
  expect(lines[0]).toBe(
    'app: ECR Public does not accept the policy. A principal that was just created can cause this. Retrying in 1 s.'
  )
})

test('a policy that is never accepted is an error after one minute', async () => {
  const { run, calls, delays } = setUp(1_000)
  await expect(run(ROLE)).rejects.toThrow(
    `ECR Public rejected the policy of app for a minute: "${REJECTION}". A principal of the policy does not exist, or the policy is not valid.`
  )
  expect(delays.reduce((sum, delay) => sum + delay, 0)).toBe(60_000)
  expect(calls).toHaveLength(delays.length + 1)
})

test.each([
  ['a policy for everyone', policyOf('*'), 'InvalidParameterException', REJECTION],
  ['a policy for all accounts', policyOf({ AWS: ['*'] }), 'InvalidParameterException', REJECTION],
  ['another invalid parameter', ROLE, 'InvalidParameterException', 'name is invalid'],
  ['a denied call', ROLE, 'AccessDeniedException', REJECTION]
])('%s is not sent again', async (_, policyText, name, message) => {
  const { run, calls, delays } = setUp(1, name, message)
  await expect(run(policyText)).rejects.toThrow(message)
  expect(calls).toHaveLength(1)
  expect(delays).toEqual([])
})

test('the wait ends with the run', async () => {
  const cancelled = new Error('cancelled')
  await expect(
    setPolicy(
      { repositoryName: 'app', policyText: ROLE },
      {
        api: {
          send: () =>
            Promise.reject(
              Object.assign(new Error(REJECTION), { name: 'InvalidParameterException' })
            )
        } as unknown as EcrPublicApi,
        log: { info: () => undefined } as unknown as Log,
        sleep: () => Promise.reject(cancelled)
      }
    )
  ).rejects.toBe(cancelled)
})
