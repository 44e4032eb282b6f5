import { allActions, allowStatements, PERMISSIONS } from '../../src/ecr-public/permissions.js'
import { MODES } from '../../src/runner/inputs/input-specs.js'
import type { Mode } from '../../src/runner/inputs/input-specs.js'
import { ensureRepo } from '../../src/ensure-repo/ensure-repo.js'
import { login } from '../../src/login/login.js'
import type { Report } from '../../src/runner/report.js'
import { temporaryDirectory } from '../login/temporary-directory.js'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'

/** Runs a mode against an emulator that allows only these IAM actions. */
async function runWith(
  allow: readonly string[],
  mode: 'login' | 'ensure-repo',
  texts: Readonly<Record<string, string>>
): Promise<Report> {
  const seed = {
    repositories: [
      { name: 'there', resourceTags: { old: 'x' } },
      { name: 'full', images: [{ tags: [{ tag: 'v1' }] }] }
    ]
  }
  const emulator = await startEmulator({ allow, seed })
  const home = await temporaryDirectory()
  const deps = makeDeps(emulator, { env: { HOME: home, RUNNER_TEMP: home, XDG_RUNTIME_DIR: home } })
  return mode === 'login'
    ? login(makeInputs(mode, texts), deps)
    : ensureRepo(makeInputs(mode, texts), deps)
}

const [TAGS = [], POLICY = [], ABSENT = [], ALIAS = []] = PERMISSIONS['ensure-repo'].optional.map(
  ({ actions }) => actions
)
const POLICY_TEXT = JSON.stringify({
  Statement: { Effect: 'Allow', Principal: '*', Action: 'ecr-public:DescribeImages' }
})

/** The inputs of each run, with the optional actions that they require. */
const CASES: [string, 'login' | 'ensure-repo', readonly string[], Record<string, string>][] = [
  ['login', 'login', [], {}],
  ['ensure-repo', 'ensure-repo', [], { repository: 'there\nnew' }],
  [
    'ensure-repo with resource tags',
    'ensure-repo',
    TAGS,
    { repository: 'there\nnew', 'resource-tags': 'a=b', 'prune-resource-tags': 'true' }
  ],
  ['ensure-repo with a policy', 'ensure-repo', POLICY, { repository: 'new', policy: POLICY_TEXT }],
  ['ensure-repo without a policy', 'ensure-repo', POLICY, { repository: 'there', policy: 'none' }],
  [
    'ensure-repo with state: absent',
    'ensure-repo',
    ABSENT,
    { repository: 'there', state: 'absent' }
  ],
  ['ensure-repo with an alias', 'ensure-repo', ALIAS, { repository: 'a1b2c3d4/there' }]
]

test.each(CASES)(
  '%s succeeds with exactly the actions of its policy',
  async (_name, mode, more, texts) => {
    const report = await runWith([...PERMISSIONS[mode].actions, ...more], mode, texts)
    expect(report.failure).toBeUndefined()
  }
)

test.each<[string, 'login' | 'ensure-repo', Record<string, string>]>([
  ['ecr-public:GetAuthorizationToken', 'login', {}],
  ['sts:GetServiceBearerToken', 'login', {}],
  ['ecr-public:DescribeRepositories', 'ensure-repo', { repository: 'new' }],
  ['ecr-public:CreateRepository', 'ensure-repo', { repository: 'new' }],
  ['ecr-public:TagResource', 'ensure-repo', { repository: 'there', 'resource-tags': 'a=b' }],
  [
    'ecr-public:UntagResource',
    'ensure-repo',
    { repository: 'there', 'resource-tags': 'none', 'prune-resource-tags': 'true' }
  ],
  [
    'ecr-public:ListTagsForResource',
    'ensure-repo',
    { repository: 'there', 'resource-tags': 'a=b' }
  ],
  ['ecr-public:GetRepositoryPolicy', 'ensure-repo', { repository: 'there', policy: 'none' }],
  ['ecr-public:SetRepositoryPolicy', 'ensure-repo', { repository: 'there', policy: POLICY_TEXT }],
  ['ecr-public:DeleteRepository', 'ensure-repo', { repository: 'there', state: 'absent' }]
])(
  '%s is required in mode %s, and the error names it if it is missing',
  async (action, mode, texts) => {
    const allow = allActions(mode).filter((each) => each !== action)
    const failure = await runWith(allow, mode, texts).then(
      (report) => report.failure,
      (error: unknown) => (error as Error).message
    )
    expect(failure).toContain(action)
  }
)

test('every mode has actions in the notation of IAM, each once', () => {
  for (const mode of MODES) {
    const actions = allActions(mode)
    expect(actions.length).toBeGreaterThan(1)
    expect(new Set(actions).size).toBe(actions.length)
    for (const action of actions) expect(action).toMatch(/^(?:ecr-public|sts):[A-Z][A-Za-z]+$/)
  }
})

test('statements have repositories as their resource if the action supports it', () => {
  expect(allowStatements(allActions('login'))).toEqual([
    {
      Effect: 'Allow',
      Action: [
        'ecr-public:GetAuthorizationToken',
        'sts:GetServiceBearerToken',
        'ecr-public:DescribeRegistries'
      ],
      Resource: '*'
    }
  ])
  const mode: Mode = 'ensure-repo'
  const [everything, repositories] = allowStatements(allActions(mode), 'arn:x')
  expect(everything?.Action).toEqual(['ecr-public:DescribeRegistries'])
  expect(repositories?.Resource).toBe('arn:x')
})
