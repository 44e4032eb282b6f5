import { defaultOf, INPUT_SPECS, MODES } from '../../src/runner/inputs/input-specs.js'
import type { InputName, InputSpec, Mode } from '../../src/runner/inputs/input-specs.js'
import { OUTPUT_SPECS } from '../../src/runner/output-specs.js'
import type { OutputSpec } from '../../src/runner/output-specs.js'
import { readYaml } from './read-workflow.js'
import type { ActionFile } from './read-workflow.js'

/**
 * The public interface, repeated here so that it does not change by accident. Within a major version, entries are
 * added, but never removed, renamed or given another default.
 */
const INPUTS: Readonly<Record<'every' | Mode, Readonly<Record<string, string | undefined>>>> = {
  every: {
    mode: undefined,
    'dry-run': 'false',
    'registry-id': undefined,
    'max-attempts': '5',
    'role-to-assume': undefined,
    'role-session-name': undefined
  },
  login: { logout: 'true' },
  'ensure-repo': {
    repository: undefined,
    state: 'present',
    force: 'false',
    'resource-tags': undefined,
    'prune-resource-tags': 'false',
    policy: undefined
  },
  'sync-catalog': {
    repository: undefined,
    readme: 'README.md',
    'usage-heading': 'Usage\nQuick start\nGetting started\nHow to use\nHow to use this image',
    about: undefined,
    usage: undefined,
    description: undefined,
    architectures: undefined,
    'operating-systems': undefined,
    logo: undefined,
    'display-name': undefined,
    'absolute-links': 'true',
    'link-ref': 'commit',
    'on-too-long': 'truncate'
  },
  'push-tar': {
    repository: undefined,
    tar: undefined,
    image: undefined,
    'archive-image': undefined,
    'image-tags': undefined,
    compression: 'gzip',
    'compression-level': undefined,
    'if-tag-exists': 'move',
    'reuse-layers': 'true',
    concurrency: '4',
    from: undefined,
    wait: 'false'
  },
  'cleanup-tags': {
    repository: undefined,
    tags: '*',
    'exclude-tags': 'latest',
    'older-than': undefined,
    'keep-latest': '1',
    'keep-latest-per': 'repository',
    'sort-by': 'created',
    'closed-pull-requests': undefined,
    'github-token': '${{ github.token }}',
    untagged: 'false',
    'lifecycle-policy': undefined,
    'manifest-cache': undefined,
    'max-deletions': undefined
  }
}

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  mode: ['login', 'ensure-repo', 'sync-catalog', 'push-tar', 'cleanup-tags'],
  state: ['present', 'absent'],
  'on-too-long': ['truncate', 'fail'],
  compression: ['gzip', 'zstd', 'none'],
  'if-tag-exists': ['move', 'skip', 'fail'],
  'keep-latest-per': ['repository', 'pattern'],
  'sort-by': ['created', 'semver']
}

const OUTPUTS: Readonly<Record<'every' | Mode, readonly string[]>> = {
  every: ['changed', 'plan', 'plan-file'],
  login: [
    'registry',
    'registry-uri',
    'registry-alias',
    'registry-id',
    'docker-username',
    'docker-password',
    'expires-at'
  ],
  'ensure-repo': [
    'repositories',
    'created',
    'repository-uri',
    'repository-arn',
    'registry-id',
    'gallery-url',
    'details'
  ],
  'sync-catalog': ['repositories', 'changed-fields', 'truncated', 'gallery-url'],
  'push-tar': [
    'repositories',
    'digest',
    'image-uri',
    'image-uris',
    'uploaded-bytes',
    'reused-bytes',
    'repository-uri',
    'platforms'
  ],
  'cleanup-tags': [
    'repositories',
    'deleted-tags',
    'deleted-images',
    'deleted-count',
    'kept-count',
    'failed-count'
  ]
}

const EMULATOR_INPUTS: Readonly<Record<string, string | undefined>> = {
  port: '0',
  host: '127.0.0.1',
  seed: undefined,
  data: undefined,
  alias: undefined,
  account: undefined,
  arguments: undefined
}

describe('the interface', () => {
  it('has these modes', () => {
    expect(MODES).toStrictEqual(ALLOWED.mode)
  })

  it.each(MODES)('accepts these inputs with these defaults in %s', (mode) => {
    const specs = Object.entries<InputSpec>(INPUT_SPECS) as [InputName, InputSpec][]
    const taken = specs.filter(([, spec]) => spec.modes.includes(mode))
    expect(Object.fromEntries(taken.map(([name]) => [name, defaultOf(name, mode)]))).toStrictEqual({
      ...INPUTS.every,
      ...INPUTS[mode]
    })
  })

  it('accepts these values', () => {
    const choices = Object.entries<InputSpec>(INPUT_SPECS).flatMap(([name, { form }]) =>
      form.type === 'choice' ? [[name, form.allowed] as const] : []
    )
    expect(Object.fromEntries(choices)).toStrictEqual(ALLOWED)
  })

  it.each(MODES)('sets these outputs in %s', (mode) => {
    const outputs = Object.entries<OutputSpec>(OUTPUT_SPECS)
      .filter(([, spec]) => spec.modes.includes(mode))
      .map(([name]) => name)
    expect(outputs.sort()).toStrictEqual([...OUTPUTS.every, ...OUTPUTS[mode]].sort())
  })

  it('has these inputs and outputs in the emulator sub-action', () => {
    const { inputs, outputs } = readYaml('emulator/action.yml') as ActionFile
    const defaults = Object.entries(inputs ?? {}).map(([name, { default: value }]) => [name, value])
    expect(Object.fromEntries(defaults)).toStrictEqual(EMULATOR_INPUTS)
    expect(Object.keys(outputs ?? {})).toStrictEqual(['url', 'registry', 'log-file'])
  })
})
