import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readFirstLines } from './first-lines.js'
import { listFiles } from './make-workspace.js'
import { readWorkflow, readYaml, ROOT } from './read-workflow.js'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const SECURITY = '.github/SECURITY.md'
const CONTRIBUTING = '.github/CONTRIBUTING.md'
const WORKFLOWS = listFiles().filter((path) => path.startsWith('.github/workflows/'))
const { scripts } = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>
}

/** Returns a section of a document as one line. */
function sectionOf(path: string, title: string): string {
  const [, text = ''] =
    new RegExp(`^##+ ${title}\\n([^]*?)(?=^##|(?![^]))`, 'm').exec(read(path)) ?? []
  return text.replace(/\s+/g, ' ')
}

/** Returns all scripts of a workflow. */
function scriptsOf(name: string): string {
  const { jobs } = readWorkflow(`.github/workflows/${name}`)
  return Object.values(jobs)
    .flatMap((job) => job.steps.map(({ run }) => run ?? ''))
    .join('\n')
}

/** The tests that hold each paragraph of "Threat model", by its title: a file, and a part of the name of a test in it. */
const PROTECTIONS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'Secrets.': [
    ['__tests__/robustness/secrets.test.ts', 'are found only in the places made for them'],
    ['__tests__/robustness/secrets.test.ts', 'gets no secret by its command line'],
    ['__tests__/http/http-client.test.ts', 'does not send the credential to another origin']
  ],
  'End of the job.': [
    ['__tests__/post.test.ts', 'keeps and reports an entry that another program changed'],
    ['__tests__/post.test.ts', 'after SIGKILL at 50 moments of the main step']
  ],
  'Content from other users': [
    ['__tests__/robustness/log-injection.test.ts', 'forges nothing in an input'],
    ['__tests__/robustness/log-injection.test.ts', 'forges nothing in a README']
  ],
  Archives: [['__tests__/robustness/log-injection.test.ts', 'forges nothing in an archive']],
  'Manifests and configs': [
    ['__tests__/robustness/hostile-registry.test.ts', 'serves a manifest with another digest']
  ],
  'Deletions.': [
    ['__tests__/robustness/hostile-registry.test.ts', 'gets nothing deleted'],
    ['__tests__/cleanup-tags/cleanup-tags.test.ts', 'max-deletions']
  ],
  Patterns: [['__tests__/runner/inputs/glob.test.ts', 'glob']],
  'Network.': [
    [
      '__tests__/http/http-client.test.ts',
      'rejects http for hosts other than the loopback interface'
    ],
    ['__tests__/http/http-client.test.ts', 'uses the proxy that the environment sets']
  ],
  'Cancelled and failed runs': [
    ['__tests__/robustness/interruptions.test.ts', 'interrupted at a random moment'],
    ['__tests__/robustness/interruptions.test.ts', 'ends it, and leaves nothing of what it wrote']
  ],
  'The emulator': [['__tests__/emulator/check-origin.test.ts', 'origin']]
}

describe('SECURITY.md', () => {
  const paragraphs = [...sectionOf(SECURITY, 'Threat model').matchAll(/ - \*\*([^*]+)\*\*/g)]

  it('has a list of tests for each protection, and no list without a protection', () => {
    const titles = paragraphs.map(([, title = '']) => title)
    expect(titles).toStrictEqual(Object.keys(PROTECTIONS))
  })

  it.each(Object.entries(PROTECTIONS))('names protections with tests: %s', (_, tests) => {
    for (const [path, name] of tests)
      expect([path, read(path)]).toEqual([path, expect.stringContaining(name)])
  })

  const supplyChain: readonly (readonly [string, () => void])[] = [
    [
      'CI rebuilds it for every change and fails if the result differs',
      () => expect(scriptsOf('ci.yml')).toContain('git status --porcelain -- dist')
    ],
    [
      'installed without install scripts (`.npmrc`)',
      () => expect(read('.npmrc')).toContain('ignore-scripts=true')
    ],
    ['audited in CI', () => expect(scriptsOf('ci.yml')).toContain('npm audit')],
    [
      'Updates wait at least a week',
      () => expect(read('.github/dependabot.yml')).toContain('default-days: 7')
    ],
    [
      '`dist/licenses.txt` (action) and `dist/emulator/licenses.txt` (emulator) contain the licenses of all bundled packages',
      () => {
        const test = read('__tests__/product/supply-chain.test.ts')
        expect(test).toContain('describe.each(LICENSE_FILES)')
        expect(test).toContain('contains the text of an allowed license')
      }
    ],
    [
      'Workflows have at most read permission by default',
      () => {
        for (const path of WORKFLOWS) {
          const values = Object.values(readWorkflow(path).permissions ?? { missing: 'write' })
          expect([path, values.filter((value) => value !== 'read')]).toEqual([path, []])
        }
      }
    ],
    [
      'each write permission has a comment with its reason',
      () => {
        const lines = WORKFLOWS.flatMap((path) => read(path).match(/^ +[\w-]+: write\b.*$/gm) ?? [])
        expect(lines.length).toBeGreaterThan(5)
        expect(lines.filter((line) => !/: write # to \w+/.test(line))).toEqual([])
      }
    ],
    [
      'CI checks them with actionlint and zizmor',
      () => expect(read('.github/workflows/ci.yml')).toMatch(/actionlint@v[^]*zizmor-action@/)
    ],
    [
      'OpenSSF Scorecard and CodeQL',
      () => expect(WORKFLOWS.join()).toMatch(/codeql\.yml.*scorecard\.yml/)
    ],
    [
      'The job that can write to the repository does not run code of the build',
      () => {
        const { steps, permissions } = readWorkflow('.github/workflows/release.yml').jobs.release!
        expect(permissions).toStrictEqual({ contents: 'write' })
        expect(steps.map(({ run }) => run ?? '').join('\n')).not.toMatch(/\b(?:node|npm|npx)\b/)
      }
    ],
    [
      'Releases are drafts until all files are uploaded',
      () =>
        expect(read('__tests__/product/release.test.ts')).toContain('uploads the assets to a draft')
    ]
  ]

  it.each(supplyChain)('is right: %s', (claim, check) => {
    expect(sectionOf(SECURITY, 'Supply chain')).toContain(claim)
    check()
  })

  it('names one policy for fixes, which CONTRIBUTING.md repeats', () => {
    for (const path of [SECURITY, CONTRIBUTING]) {
      const text = read(path).replace(/\s+/g, ' ')
      expect(text).toContain('Only the newest release receives fixes.')
      expect(text).not.toMatch(/(?:each|every) major version|newest minor version/)
    }
  })

  it('verifies the files that the release has, with the workflow that signs them', () => {
    const section = read(SECURITY).split('### Verifying a release')[1] ?? ''
    const [, signer = ''] = /--signer-workflow OWNER\/ecr-public-action\/(\S+)/.exec(section) ?? []
    expect(signer).toBe('.github/workflows/build.yml')
    expect(readWorkflow(signer).on).toHaveProperty('workflow_call')
    const { version } = JSON.parse(read('package.json')) as { readonly version: string }
    expect(section).toContain(`gh release verify v${version} `)
    expect(section).toContain(`ecr-public-action-v${version}.tar.gz`)
  })
})

describe('CONTRIBUTING.md', () => {
  it('describes what npm run all runs', () => {
    const steps = [...(scripts.all ?? '').matchAll(/npm (?:run )?([\w:]+)/g)].map(
      ([, name]) => name
    )
    expect(steps).toEqual(['format:check', 'lint', 'words', 'types', 'bundle', 'test'])
    expect(read(CONTRIBUTING)).toContain(
      'npm run all   # format, lint, words, types, bundle and tests, as in CI'
    )
  })

  it('names the coverage that the tests require', () => {
    const { jest } = JSON.parse(read('package.json')) as {
      readonly jest: {
        readonly collectCoverageFrom: readonly string[]
        readonly coverageThreshold: { readonly global: { readonly lines: number } }
      }
    }
    const { lines } = jest.coverageThreshold.global
    expect(lines).toBeGreaterThanOrEqual(95)
    expect(read(CONTRIBUTING)).toContain(`fewer than ${String(lines)} % of the lines`)
    expect(read('.ci/run')).toContain('npm cit')
    expect(read('.github/scripts/test.mjs')).toContain(
      "given.length === 0 ? ['--coverage'] : given"
    )
    const [, ...excluded] = jest.collectCoverageFrom
    expect(excluded).toEqual(['!src/quick-start/**'])
    expect(read(CONTRIBUTING)).toContain('`src/quick-start/` is excluded, because')
  })

  it('names the systems for which npm installs a copy of Node.js', () => {
    const { optionalDependencies: packages } = JSON.parse(read('.github/node/package.json')) as {
      readonly optionalDependencies: Readonly<Record<string, string>>
    }
    const systems = new Set(Object.keys(packages).map((name) => name.split('-')[1]))
    expect([...systems].sort()).toEqual(['linux', 'win'])
    expect(read(CONTRIBUTING)).toMatch(
      /On Linux and Windows, `npm ci` installs a copy of Node\.js 24/
    )
  })

  it('lists every directory of the tests that src does not have, and every workflow of a release', () => {
    const text = read(CONTRIBUTING)
    for (const name of ['helpers', 'product', 'bundle', 'bench', 'live']) {
      expect(text).toContain(name === 'helpers' ? '`helpers/`' : `\`__tests__/${name}/\``)
      expect(existsSync(join(ROOT, '__tests__', name))).toBe(true)
    }
    for (const name of ['release.yml', 'build.yml']) expect(text).toContain(`(workflows/${name})`)
  })

  it('names files with examples that exist', () => {
    for (const path of [
      'src/emulator/operations/get-repository-policy.ts',
      'src/emulator/options.ts'
    ]) {
      expect(existsSync(join(ROOT, path))).toBe(true)
    }
    expect(read('src/emulator/operations/operation.ts')).toContain('export function getRepository(')
  })
})

it('prints the variables of .env.example when the emulator starts', async () => {
  const output = await readFirstLines()
  const printed = [...output.matchAll(/^export (\w+)=(.*)$/gm)].map(
    ([, name, value = '']) => `${name ?? ''}=${value.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:5111')}`
  )
  const example = read('.env.example').split('\n')
  expect(example.filter((line) => line.startsWith('AWS_'))).toEqual(printed)
  expect(read('.gitignore').split('\n')).toContain('.env')
})

it('describes the emulator sub-action with the defaults of the emulator', () => {
  const { inputs } = readYaml('emulator/action.yml') as {
    readonly inputs: Readonly<Record<string, { readonly description: string }>>
  }
  const options = read('src/emulator/resolve-options.ts')
  for (const [name, value] of [
    ['alias', 'a1b2c3d4'],
    ['account', '123456789012']
  ] as const) {
    expect(inputs[name]?.description).toContain(`Default: \`${value}\``)
    expect(options).toContain(`options.${name} ?? '${value}'`)
  }
})
