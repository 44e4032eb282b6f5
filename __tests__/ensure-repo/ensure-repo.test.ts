import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand
} from '@aws-sdk/client-ecr-public'
import type { Deps } from '../../src/runner/deps.js'
import type { EmulatorOptions } from '../../src/emulator/emulator.js'
import { ensureRepo } from '../../src/ensure-repo/ensure-repo.js'
import type { Report } from '../../src/runner/report.js'
import { interceptApi } from '../helpers/intercept-api.js'
import { makeDeps } from '../helpers/make-deps.js'
import type { TestDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { startEmulator } from '../helpers/start-emulator.js'
import type { RunningEmulator } from '../helpers/start-emulator.js'
import { isSoak } from '../helpers/counts.js'

const READS = /^(?:Describe|Get|List)/
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 'ecr-public:DescribeImages' }
  ]
})

interface Setup {
  readonly emulator: RunningEmulator
  readonly deps: TestDeps
  readonly run: (texts: Readonly<Record<string, string>>) => Promise<Report>
  /** Returns the API calls that change something, since the previous call of this function. */
  readonly writes: () => Promise<string[]>
}

async function setUp(
  options: EmulatorOptions = {},
  more: Parameters<typeof makeDeps>[1] = {}
): Promise<Setup> {
  const emulator = await startEmulator(options)
  const deps = makeDeps(emulator, more)
  let seen = 0
  return {
    emulator,
    deps,
    run: (texts) => ensureRepo(makeInputs('ensure-repo', texts), deps),
    writes: async () => {
      const operations = await emulator.operations()
      const fresh = operations.slice(seen)
      seen = operations.length
      return fresh.filter((operation) => !READS.test(operation))
    }
  }
}

function seedOf(...names: string[]): EmulatorOptions {
  return { seed: { repositories: names.map((name) => ({ name })) } }
}

const WITH_IMAGE: EmulatorOptions = {
  seed: { repositories: [{ name: 'full', images: [{ tags: [{ tag: 'v1' }] }] }] }
}

function actionsOf(report: Report): string[] {
  return report.plan.map(({ action, target }) => `${action} ${target}`)
}

async function tagsOf({ api }: Deps, name: string): Promise<Record<string, string>> {
  const resourceArn = `arn:aws:ecr-public::123456789012:repository/${name}`
  const { tags = [] } = await api.send(new ListTagsForResourceCommand({ resourceArn }))
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]))
}

describe('state: present', () => {
  test('creates missing repositories, with all outputs of the first one', async () => {
    const { emulator, run, writes } = await setUp()
    const report = await run({ repository: 'team/app\nteam/web' })
    const uri = `${emulator.host}/a1b2c3d4/team/app`
    expect(report.changed).toBe(true)
    expect(report.repositories).toEqual(['team/app', 'team/web'])
    expect(report.outputs).toMatchObject({
      created: true,
      'repository-uri': uri,
      'repository-arn': 'arn:aws:ecr-public::123456789012:repository/team/app',
      'registry-id': '123456789012',
      'gallery-url': `${emulator.url}/a1b2c3d4/team/app`
    })
    expect(report.outputs.details).toMatchObject([
      { name: 'team/app', uri, created: true, changed: true },
      { name: 'team/web', galleryUrl: `${emulator.url}/a1b2c3d4/team/web`, created: true }
    ])
    expect(await writes()).toEqual(['CreateRepository', 'CreateRepository'])
    const page = await fetch(`${emulator.url}/a1b2c3d4/team/app`)
    expect(page.status).toBe(200)
  })

  test('a second run makes only read calls and changes nothing', async () => {
    const { run, writes } = await setUp()
    const texts = {
      repository: 'app',
      'resource-tags': 'env=prod',
      'prune-resource-tags': 'true',
      policy: POLICY
    }
    await run(texts)
    expect(await writes()).toEqual(['CreateRepository', 'SetRepositoryPolicy'])
    const second = await run(texts)
    expect(await writes()).toEqual([])
    expect(second.changed).toBe(false)
    expect(second.outputs).toMatchObject({ created: false, 'registry-id': '123456789012' })
    expect(actionsOf(second)).toEqual(['keep app', 'keep app#env', 'keep app#policy'])
  })

  test('accepts alias/name and the URI', async () => {
    const { emulator, run } = await setUp()
    const report = await run({ repository: `a1b2c3d4/one\n${emulator.host}/a1b2c3d4/team/two` })
    expect(report.repositories).toEqual(['one', 'team/two'])
  })

  test('a repository is created with its tags in one call', async () => {
    const { run, writes, deps } = await setUp()
    await run({ repository: 'app', 'resource-tags': 'env=prod\nteam=a b' })
    expect(await writes()).toEqual(['CreateRepository'])
    expect(await tagsOf(deps, 'app')).toEqual({ env: 'prod', team: 'a b' })
  })

  test('resource tags are added, changed and kept, and removed with prune-resource-tags', async () => {
    const { run, writes, deps } = await setUp({
      seed: {
        repositories: [{ name: 'app', resourceTags: { env: 'dev', team: 'a', other: 'x' } }]
      }
    })
    const first = await run({ repository: 'app', 'resource-tags': 'env=prod,team=a,new=1' })
    expect(await writes()).toEqual(['TagResource'])
    expect(actionsOf(first)).toEqual([
      'keep app',
      'update app#env',
      'create app#new',
      'keep app#team'
    ])
    expect(await tagsOf(deps, 'app')).toEqual({ env: 'prod', team: 'a', new: '1', other: 'x' })
    await run({ repository: 'app', 'resource-tags': 'env=prod', 'prune-resource-tags': 'true' })
    expect(await writes()).toEqual(['UntagResource'])
    expect(await tagsOf(deps, 'app')).toEqual({ env: 'prod' })
    await run({ repository: 'app', 'resource-tags': 'none', 'prune-resource-tags': 'true' })
    expect(await tagsOf(deps, 'app')).toEqual({})
  })

  test('a policy is set, compared by meaning, changed and removed', async () => {
    const { run, writes, deps } = await setUp(seedOf('app'))
    await run({ repository: 'app', policy: POLICY })
    expect(await writes()).toEqual(['SetRepositoryPolicy'])
    const same = {
      Statement: {
        Action: ['ecr-public:describeimages'],
        Principal: { AWS: ['arn:aws:iam::123456789012:root'] },
        Effect: 'Allow'
      },
      Version: '2012-10-17'
    }
    expect((await run({ repository: 'app', policy: JSON.stringify(same) })).changed).toBe(false)
    const other = { ...same, Statement: { ...same.Statement, Action: 'ecr-public:*' } }
    const changed = await run({ repository: 'app', policy: JSON.stringify(other) })
    expect(actionsOf(changed)).toContain('update app#policy')
    expect(await writes()).toEqual(['SetRepositoryPolicy'])
    const removed = await run({ repository: 'app', policy: 'none' })
    expect(actionsOf(removed)).toContain('delete app#policy')
    const { api } = deps
    await expect(
      api.send(new GetRepositoryPolicyCommand({ repositoryName: 'app' }))
    ).rejects.toThrow('policy does not exist')
    const again = await run({ repository: 'app', policy: 'none' })
    expect(again.changed).toBe(false)
  })
})

describe('an IAM action that is not allowed', () => {
  const texts = { repository: 'app', 'resource-tags': 'a=b', policy: POLICY }

  test('is reported together with all actions that the run can require', async () => {
    const { run } = await setUp({ ...seedOf('app'), allow: ['ecr:*'] })
    await expect(run(texts)).rejects.toThrow(
      /Access denied: ecr-public:DescribeRepositories is not allowed.* This run can also require ecr-public:CreateRepository, ecr-public:ListTagsForResource, ecr-public:TagResource, ecr-public:GetRepositoryPolicy, ecr-public:SetRepositoryPolicy\. Permissions that begin with "ecr:" apply only to private repositories\./
    )
  })

  test('does not include the creation of repositories that exist, and is in the statement', async () => {
    const { run, deps } = await setUp({
      ...seedOf('app'),
      allow: ['ecr-public:DescribeRepositories', 'ecr-public:GetRepositoryPolicy']
    })
    const { failure } = await run({ ...texts, 'prune-resource-tags': 'true' })
    expect(failure).toContain('Access denied: ecr-public:ListTagsForResource is not allowed')
    expect(failure).toContain('ecr-public:TagResource, ecr-public:UntagResource, ecr-public:Get')
    expect(failure).not.toContain('CreateRepository')
    const statement = deps.lines.find((line) => line.includes('IAM statement to add'))
    for (const action of ['ListTagsForResource', 'UntagResource', 'SetRepositoryPolicy']) {
      expect(statement).toContain(`"ecr-public:${action}"`)
    }
  })

  test('names only the actions of the deletion with state: absent', async () => {
    const { run } = await setUp({ ...seedOf('app'), allow: ['ecr-public:DescribeRepositories'] })
    const { failure } = await run({ repository: 'app', state: 'absent', force: 'true' })
    expect(failure).toContain('ecr-public:DeleteRepository is not allowed')
    expect(failure).toContain('This run can also require ecr-public:DescribeRepositories.')
  })
})

describe('a policy whose principal is not known yet', () => {
  test('is set as soon as the service accepts it, even if max-attempts is 1', async () => {
    const { deps, writes } = await setUp(seedOf('app'))
    let rejections = 6
    const api = interceptApi(deps.api, (command, send) => {
      if (!(command instanceof SetRepositoryPolicyCommand) || rejections-- === 0)
        return send(command)
      const message = 'Invalid repository policy provided'
      return Promise.reject(
        Object.assign(new Error(message), { name: 'InvalidParameterException' })
      )
    })
    const inputs = makeInputs('ensure-repo', {
      repository: 'app',
      policy: POLICY,
      'max-attempts': '1'
    })
    const report = await ensureRepo(inputs, { ...deps, api })
    expect(report.failure).toBeUndefined()
    expect(actionsOf(report)).toEqual(['keep app', 'create app#policy'])
    expect(await writes()).toEqual(['SetRepositoryPolicy'])
  })
})

describe('state: absent', () => {
  test('deletes repositories that exist and reports their URIs', async () => {
    const { emulator, run, writes } = await setUp(seedOf('app'))
    const report = await run({ repository: 'app\nnone', state: 'absent' })
    expect(actionsOf(report)).toEqual(['delete app', 'keep none'])
    expect(report.outputs).toMatchObject({
      created: false,
      'repository-uri': `${emulator.host}/a1b2c3d4/app`
    })
    expect(await writes()).toEqual(['DeleteRepository'])
    const second = await run({ repository: 'app\nnone', state: 'absent' })
    expect(second.changed).toBe(false)
    expect(await writes()).toEqual([])
  })

  test('a repository that contains images is kept without force, also in a dry run', async () => {
    const { run, writes } = await setUp(WITH_IMAGE)
    for (const dryRun of ['true', 'false']) {
      const report = await run({ repository: 'full', state: 'absent', 'dry-run': dryRun })
      expect(report.failure).toBe(
        'The repository contains images: "full". Set "force: true" to delete the repository and all of its images.'
      )
      expect(report.changed).toBe(false)
    }
    expect(await writes()).toEqual([])
    const forced = await run({ repository: 'full', state: 'absent', force: 'true' })
    expect(forced.failure).toBeUndefined()
    expect(await writes()).toEqual(['DeleteRepository'])
  })

  test('the service rejects the deletion once, with the same error, if the caller cannot list images', async () => {
    const { run, writes } = await setUp({
      ...WITH_IMAGE,
      allow: ['ecr-public:DescribeRepositories', 'ecr-public:DeleteRepository']
    })
    const report = await run({ repository: 'full', state: 'absent' })
    expect(report.failure).toBe(
      'The repository contains images: "full". Set "force: true" to delete the repository and all of its images.'
    )
    expect(report.changed).toBe(false)
    expect(await writes()).toEqual(['DeleteRepository'])
  })
})

describe('many repositories', () => {
  const names = Array.from({ length: 250 }, (_, at) => `team/app-${String(at).padStart(3, '0')}`)

  test('are searched in few calls, whether they exist or not', async () => {
    const { emulator, run, writes } = await setUp()
    const first = await run({ repository: names.join('\n') })
    expect((first.outputs.details as unknown[]).length).toBe(250)
    const searches = await emulator.operations()
    expect(searches.filter((name) => name === 'DescribeRepositories')).toHaveLength(2)
    expect(await writes()).toHaveLength(250)
    const second = await run({ repository: names.join('\n') })
    expect(second.changed).toBe(false)
    const operations = (await emulator.operations()).slice(searches.length)
    expect(operations.filter((name) => name === 'DescribeRepositories')).toHaveLength(3)
    expect(await writes()).toEqual([])
  })

  test('are searched one by one if there are few and one does not exist', async () => {
    const { emulator, run } = await setUp(seedOf('bb'))
    const report = await run({ repository: 'aa\nbb\ncc', state: 'absent' })
    expect(actionsOf(report)).toEqual(['keep aa', 'delete bb', 'keep cc'])
    const operations = await emulator.operations()
    expect(operations.filter((name) => name === 'DescribeRepositories')).toHaveLength(4)
  })

  test('are all processed and reported if some fail, and the step fails', async () => {
    const { emulator, run, deps } = await setUp()
    await emulator.fault({ operation: 'CreateRepository', fault: 'access-denied', count: 2 })
    const report = await run({ repository: 'aa\nbb\ncc\ndd' })
    expect(report.failure).toMatch(
      /^2 of 4 repositories failed: .*ecr-public:CreateRepository is not allowed.*request ID/
    )
    const details = report.outputs.details as { created: boolean; failure?: string }[]
    expect(details.filter(({ created }) => created)).toHaveLength(2)
    expect(details.filter(({ failure }) => failure !== undefined)).toHaveLength(2)
    const creations = report.plan.filter(({ action }) => action === 'create')
    expect(creations).toHaveLength(4)
    expect(creations.filter(({ failed }) => failed === true)).toHaveLength(2)
    expect(report.repositories).toEqual(['aa', 'bb', 'cc', 'dd'])
    expect(deps.lines.filter((line) => line.includes('IAM statement to add'))).toHaveLength(1)
    expect(JSON.stringify(report.summary)).toContain('failed: ')
  })

  test('are reported with the changes made until a failure', async () => {
    const { emulator, run } = await setUp()
    await emulator.fault({ operation: 'SetRepositoryPolicy', fault: 'access-denied' })
    const report = await run({ repository: 'app', 'resource-tags': 'a=b', policy: POLICY })
    expect(report.plan).toEqual([
      expect.objectContaining({ action: 'create', target: 'app' }),
      expect.objectContaining({ action: 'create', target: 'app#a' }),
      expect.objectContaining({ action: 'create', target: 'app#policy', failed: true })
    ])
    expect(report.plan.filter(({ failed }) => failed === true)).toHaveLength(1)
    expect(report).toMatchObject({
      changed: true,
      outputs: { created: true, details: [{ created: true, changed: true }] },
      failure: expect.stringContaining('ecr-public:SetRepositoryPolicy')
    })
    expect(JSON.stringify(report.summary)).toContain('created, resource-tag a created, then failed')
  })

  test('have the first five failures in the error line', async () => {
    const { emulator, run } = await setUp()
    await emulator.fault({ operation: 'CreateRepository', fault: 'access-denied', count: 100 })
    const report = await run({ repository: names.slice(0, 7).join('\n') })
    expect(report.failure).toMatch(/^7 of 7 repositories failed.* and 2 more \(see the log\)$/)
    expect(report.changed).toBe(false)
  })
})

describe('a dry run', () => {
  test('returns the same plan, report and outputs, and makes only read calls', async () => {
    const { run, writes } = await setUp()
    const texts = { repository: 'app', 'resource-tags': 'a=b', policy: POLICY }
    const dry = await run({ ...texts, 'dry-run': 'true' })
    expect(await writes()).toEqual([])
    const real = await run(texts)
    expect(dry).toEqual(real)
  })

  test('omits the URI of a new repository if the registry is unknown', async () => {
    const { run } = await setUp({ registryBeforeRepository: 'empty' })
    const report = await run({ repository: 'app', 'dry-run': 'true' })
    expect(report.outputs).toMatchObject({ created: true, 'repository-uri': '', 'gallery-url': '' })
    const denied = await setUp({ allow: ['ecr-public:DescribeRepositories'] })
    const other = await denied.run({ repository: 'app', 'dry-run': 'true' })
    expect(other.outputs).toMatchObject({ created: true, 'repository-arn': '' })
  })
})

describe('other jobs', () => {
  test('that create the same repository both succeed, and one of them has created it', async () => {
    for (let round = 0; round < (isSoak ? 100 : 10); round++) {
      const { emulator, run } = await setUp()
      const other = makeDeps(emulator)
      const texts = { repository: 'app', 'resource-tags': 'a=b', policy: POLICY }
      const reports = await Promise.all([
        run(texts),
        ensureRepo(makeInputs('ensure-repo', texts), other)
      ])
      expect(reports.map(({ failure }) => failure)).toEqual([undefined, undefined])
      expect(reports.filter(({ outputs }) => outputs.created)).toHaveLength(1)
      await emulator.close()
    }
  })

  /** Lets another job act directly before the first call of this kind. */
  function interfere(
    { api }: Deps,
    command: new (...args: never[]) => object,
    act: (api: Deps['api']) => Promise<unknown>
  ): Pick<Deps, 'api'> {
    let isDone = false
    const send = async (sent: never): Promise<unknown> => {
      if (!isDone && (sent as object) instanceof command) {
        isDone = true
        await act(api)
      }
      return api.send(sent)
    }
    return { api: { middlewareStack: api.middlewareStack, send } }
  }

  test('that create the repository first make the step update it', async () => {
    const { deps, writes } = await setUp()
    const tags = [{ Key: 'a', Value: 'theirs' }]
    const api = interfere(deps, CreateRepositoryCommand, (own) =>
      own.send(new CreateRepositoryCommand({ repositoryName: 'app', tags }))
    )
    const inputs = makeInputs('ensure-repo', { repository: 'app', 'resource-tags': 'a=ours' })
    const report = await ensureRepo(inputs, { ...deps, ...api })
    expect(actionsOf(report)).toEqual(['keep app', 'update app#a'])
    expect(report.outputs.created).toBe(false)
    expect(await tagsOf(deps, 'app')).toEqual({ a: 'ours' })
    expect(await writes()).toEqual(['CreateRepository', 'CreateRepository', 'TagResource'])
  })

  test('that delete the repository first make the step create it again, or have nothing to delete', async () => {
    const { deps } = await setUp(seedOf('app', 'gone'))
    const remove = (own: Deps['api'], name: string): Promise<unknown> =>
      own.send(new DeleteRepositoryCommand({ repositoryName: name }))
    const first = interfere(deps, ListTagsForResourceCommand, (own) => remove(own, 'app'))
    const inputs = makeInputs('ensure-repo', { repository: 'app', 'resource-tags': 'a=b' })
    const created = await ensureRepo(inputs, { ...deps, ...first })
    expect(actionsOf(created)).toEqual(['create app', 'create app#a'])
    expect(created.outputs.created).toBe(true)

    const third = interfere(deps, TagResourceCommand, (own) => remove(own, 'app'))
    const other = makeInputs('ensure-repo', { repository: 'app', 'resource-tags': 'c=d' })
    const again = await ensureRepo(other, { ...deps, ...third })
    expect(again.outputs.created).toBe(true)
    expect(await tagsOf(deps, 'app')).toEqual({ c: 'd' })

    const second = interfere(deps, DeleteRepositoryCommand, (own) => remove(own, 'gone'))
    const absent = makeInputs('ensure-repo', { repository: 'gone', state: 'absent' })
    const report = await ensureRepo(absent, { ...deps, ...second })
    expect(actionsOf(report)).toEqual(['keep gone'])
    expect(report.changed).toBe(false)
  })
})

describe('a response that is lost after the change was made', () => {
  test('to a creation: the repository counts as created, once', async () => {
    const { emulator, run } = await setUp()
    await emulator.fault({ operation: 'CreateRepository', fault: 'reset-after', count: 1 })
    const report = await run({ repository: 'app', 'resource-tags': 'a=b' })
    expect(actionsOf(report)).toEqual(['create app', 'create app#a'])
    expect(report.outputs.created).toBe(true)
  })

  test('to a deletion: the repository counts as deleted', async () => {
    const { emulator, run } = await setUp(seedOf('app'))
    await emulator.fault({ operation: 'DeleteRepository', fault: 'reset-after', count: 1 })
    const report = await run({ repository: 'app', state: 'absent' })
    expect(actionsOf(report)).toEqual(['delete app'])
    expect(report.changed).toBe(true)
  })

  test('to the removal of a policy: the policy counts as removed', async () => {
    const { emulator, run } = await setUp(seedOf('app'))
    await run({ repository: 'app', policy: POLICY })
    await emulator.fault({ operation: 'DeleteRepositoryPolicy', fault: 'reset-after', count: 1 })
    const report = await run({ repository: 'app', policy: 'none' })
    expect(report.failure).toBeUndefined()
    expect(actionsOf(report)).toEqual(['keep app', 'delete app#policy'])
  })
})

describe('no API call is made', () => {
  test.each<[string, Record<string, string>, string]>([
    ['an invalid name', { repository: 'Team/App' }, 'an invalid repository name'],
    ['a pattern', { repository: 'team/*' }, 'contains a pattern'],
    ['an exclusion', { repository: 'team/app\n!team/web' }, 'contains an exclusion'],
    ['a bad resource tag', { repository: 'app', 'resource-tags': 'aws:a=b' }, 'a reserved key'],
    ['a bad policy', { repository: 'app', policy: '{' }, 'cannot be parsed as JSON'],
    [
      'a policy file that does not exist',
      { repository: 'app', policy: 'none.json' },
      'does not exist'
    ]
  ])('for %s', async (_name, texts, reason) => {
    const { emulator, run } = await setUp()
    await expect(run(texts)).rejects.toThrow(reason)
    expect(await emulator.operations()).toEqual([])
  })
})

test("a repository of another account is not created in the caller's registry", async () => {
  const { run, writes } = await setUp({ foreignRegistry: 'not-found' })
  const own = await run({ repository: 'app', 'registry-id': '123456789012' })
  expect(own.outputs.created).toBe(true)
  await writes()
  await expect(run({ repository: 'new', 'registry-id': '999999999999' })).rejects.toThrow(
    /cannot be created in the registry of another account.*999999999999.*123456789012/
  )
  expect(await writes()).toEqual([])
})

describe('with registry-id, if DescribeRegistries does not return the registry', () => {
  const EMPTY: EmulatorOptions = { registryBeforeRepository: 'empty' }
  const DENIED: EmulatorOptions = {
    allow: ['ecr-public:DescribeRepositories', 'ecr-public:CreateRepository']
  }
  const other = { repository: 'new', 'registry-id': '999999999999' }

  test.each<[string, EmulatorOptions, Record<string, string>]>([
    ['an account without a registry', EMPTY, {}],
    ['an account without a registry, dry run', EMPTY, { 'dry-run': 'true' }],
    ['a denied call', DENIED, {}]
  ])('%s: a repository of another account is not created', async (_name, options, texts) => {
    const { emulator, run } = await setUp(options)
    await expect(run({ ...other, ...texts })).rejects.toThrow(
      'A repository cannot be created in the registry of another account: "999999999999". The credentials belong to account 123456789012.'
    )
    expect(await emulator.operations()).not.toContain('CreateRepository')
  })

  test.each<[string, EmulatorOptions]>([
    ['an account without a registry', EMPTY],
    ['a denied call', DENIED]
  ])('%s: a repository of the own account is created', async (_name, options) => {
    const { run } = await setUp(options)
    const report = await run({ repository: 'new', 'registry-id': '123456789012' })
    expect(report.outputs.created).toBe(true)
  })

  test.each([
    [
      'access-denied',
      /cannot be compared with the account of the credentials: "123456789012"\..* AWS STS rejected GetCallerIdentity/
    ],
    ['expired-token', /cannot be compared.* The AWS session has expired/],
    ['truncate', /cannot be compared/]
  ])('nothing is created if STS fails (%s)', async (fault, message) => {
    const { emulator, run } = await setUp(EMPTY, { maxAttempts: 1 })
    await emulator.fault({ operation: 'GetCallerIdentity', fault, count: 9 })
    const own = { repository: 'new', 'registry-id': '123456789012' }
    await expect(run(own)).rejects.toThrow(message)
    expect(await emulator.operations()).not.toContain('CreateRepository')
  })
})

test('a repository of another account that is deleted during the step is not created', async () => {
  const { deps, writes } = await setUp()
  const repository = {
    registryId: '999999999999',
    repositoryName: 'app',
    repositoryArn: 'arn:aws:ecr-public::999999999999:repository/app',
    repositoryUri: 'public.ecr.aws/zzzzzzzz/app'
  }
  const api = interceptApi(deps.api, (command, send) =>
    command instanceof DescribeRepositoriesCommand
      ? Promise.resolve({ repositories: [repository] })
      : send(command)
  )
  const texts = { repository: 'app', 'registry-id': '999999999999', policy: POLICY }
  const { failure } = await ensureRepo(makeInputs('ensure-repo', texts), { ...deps, api })
  expect(failure).toContain('cannot be created in the registry of another account')
  expect(await writes()).toEqual([])
})

test('a cancelled run stops', async () => {
  const controller = new AbortController()
  const { deps, emulator } = await setUp({}, { signal: controller.signal })
  controller.abort(new Error('cancelled'))
  const api = makeDeps(emulator).api
  const inputs = makeInputs('ensure-repo', { repository: 'aa\nbb' })
  await expect(ensureRepo(inputs, { ...deps, api })).rejects.toThrow('cancelled')
  const { repositories } = await api.send(new DescribeRepositoriesCommand({}))
  expect(repositories).toEqual([])
})
