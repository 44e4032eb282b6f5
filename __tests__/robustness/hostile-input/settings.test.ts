import fc from 'fast-check'
import {
  CredentialDocumentError,
  meansTheSame,
  parseCredentialDocument,
  textDigest
} from '../../../src/login/credential-document.js'
import { decodeAuthorizationToken } from '../../../src/login/authorization-token.js'
import { addCredential, removeCredential } from '../../../src/login/credential-edits.js'
import { editCredentialText } from '../../../src/login/edit-credential-text.js'
import { parseLogins } from '../../../src/login/login-records.js'
import { parseBadges } from '../../../src/sync-catalog/badges.js'
import { parseRepositoryReference } from '../../../src/ecr-public/repository-names.js'
import { INPUT_SPECS, MODES } from '../../../src/runner/inputs/input-specs.js'
import { readInputs } from '../../../src/runner/inputs/inputs.js'
import { parseList } from '../../../src/runner/inputs/parse-list.js'
import { isSamePolicy } from '../../../src/ensure-repo/policy-meaning.js'
import { readPolicy } from '../../../src/ensure-repo/read-policy.js'
import { instantBefore, parseDuration } from '../../../src/cleanup-tags/rules/duration.js'
import { compileWildcards } from '../../../src/runner/inputs/glob.js'
import { parseLifecyclePolicy } from '../../../src/cleanup-tags/rules/lifecycle-policy.js'
import { compileTagPatterns } from '../../../src/cleanup-tags/rules/tag-patterns.js'
import { FUZZ_TIMEOUT_MS, tellFuzzCounts, tryHostile } from './fuzz.js'
import { damagedJson, damagedText } from './mutations.js'

tellFuzzCounts('settings')

const RUNS = { small: 100, soak: 3000 }
const HOST = 'public.ecr.aws'
const TAGS = ['v1.0.0', 'latest', 'a'.repeat(128), 'nightly-20260101']

test(
  'lists of any content are taken apart',
  async () => {
    const list = damagedText(
      ['a, b\n# comment\nc', 'v{1,2}.*, /^v\\d+,x$/i', 'key=value\nother=a,b'],
      [',', '\n', '\r\n', '#', '{', '}', '/', '\\', '=', ' ', '/a,b/', '{a,']
    )
    await tryHostile('parseList', list, RUNS, (text) => {
      for (const item of parseList(text)) expect(item).toBe(item.trim())
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'durations of any content are understood, and can be counted back, or are refused with words',
  async () => {
    const duration = damagedText(
      ['30d', '45m', '2w', '1y', 'P30D', 'P1Y2M10DT2H30M', 'PT0.5S', 'P1,5W'],
      ['P', 'T', 'Y', 'M', 'W', 'D', 'H', 'S', '.', ',', '9', '0', '-', 'e', ' ', 'd']
    )
    await tryHostile('parseDuration', duration, RUNS, (text) => {
      const instant = instantBefore(
        Date.parse('2026-01-01'),
        parseDuration(text, 'Input "older-than"')
      )
      expect(Number.isNaN(new Date(instant).getTime())).toBe(false)
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'tag patterns of any content match in little time, or are refused with words',
  async () => {
    const pattern = damagedText(
      ['v*', 'v[0-9].*', '{a,b{c,d}}-?', '/^v\\d+(\\.\\d+)*$/', '/(a+)+$/i', '[!a-z]*'],
      [
        '*',
        '**',
        '?',
        '[',
        ']',
        '{',
        '}',
        ',',
        '\\',
        '!',
        '^',
        '-',
        '/',
        '(',
        ')',
        '+',
        '{1,999}',
        '|',
        '(?:',
        '\\d',
        '.',
        '$',
        '(?=a)',
        '\\1',
        '\\p{L}'
      ]
    )
    await tryHostile(
      'compileTagPatterns',
      fc.array(pattern, { maxLength: 3 }),
      RUNS,
      async (list) => {
        const patterns = await compileTagPatterns(list, 'Input "tags"')
        for (const tag of TAGS) patterns.findMatch(tag)
      }
    )
    await tryHostile('compileWildcards', pattern, RUNS, (text) => {
      const matches = compileWildcards(text)
      for (const tag of TAGS) matches(tag)
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'lifecycle policies of any content are understood or refused with words',
  async () => {
    const policy = {
      rules: [
        {
          rulePriority: 1,
          description: 'old ones',
          selection: {
            tagStatus: 'tagged',
            tagPatternList: ['v*', 'prod*'],
            countType: 'sinceImagePushed',
            countUnit: 'days',
            countNumber: 14
          },
          action: { type: 'expire' }
        },
        {
          rulePriority: 2,
          selection: {
            tagStatus: 'tagged',
            tagPrefixList: ['p'],
            countType: 'imageCountMoreThan',
            countNumber: 1
          },
          action: { type: 'expire' }
        },
        {
          rulePriority: 9,
          selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 100 },
          action: { type: 'expire' }
        }
      ]
    }
    await tryHostile('parseLifecyclePolicy', damagedJson([policy]), RUNS, (text) => {
      for (const { tagMatchers } of parseLifecyclePolicy(text, 'policy.json')) {
        for (const matches of tagMatchers) for (const tag of TAGS) matches(tag)
      }
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'repository policies of any content are understood or refused with words',
  async () => {
    const policy = {
      Version: '2008-10-17',
      Statement: [
        {
          Sid: 'push',
          Effect: 'Allow',
          Principal: { AWS: ['123456789012', 'arn:aws:iam::123456789012:root'] },
          Action: ['ecr-public:PutImage'],
          Condition: { StringEquals: { 'aws:SourceAccount': ['1', 2] } }
        },
        { Effect: 'Deny', NotPrincipal: '*', NotAction: 'ecr-public:*' }
      ]
    }
    await tryHostile('readPolicy', damagedJson([policy]), RUNS, async (text) => {
      // A text that begins otherwise is the path of a file.
      await readPolicy(/^\s*[[{"]/.test(text) ? text : `{"Statement":${text}}`)
    })
    const two = fc.tuple(damagedJson([policy]), damagedJson([policy]))
    await tryHostile('policies meansTheSame', two, RUNS, ([one, other]) => isSamePolicy(one, other))
  },
  FUZZ_TIMEOUT_MS
)

const AUTH_FILES = [
  { auths: { [HOST]: { auth: 'QVdTOnB3' }, 'ghcr.io': { auth: 'eA==' } }, credsStore: 'desktop' },
  { auths: null, credHelpers: { [HOST]: '', 'gcr.io': 'gcloud' }, HttpHeaders: { a: 'b' } },
  { auths: {}, currentContext: 'x', psFormat: 'table' }
]

test(
  'credential files of any content are edited and put back, or refused without quoting them',
  async () => {
    const file = damagedJson(AUTH_FILES)
    await tryHostile(
      'addCredential',
      fc.tuple(file, fc.constantFrom(HOST, '__proto__', 'constructor', '127.0.0.1:5111')),
      RUNS,
      async ([before, host]) => {
        const { text, hosts } = await addCredential(before, ['docker'], [host], 'QVdTOnNlY3JldA==')
        const document = parseCredentialDocument(text)
        expect((document.auths as Record<string, unknown>)[host]).toEqual({
          auth: 'QVdTOnNlY3JldA=='
        })
        const back = await removeCredential(text, { before, afterDigest: textDigest(text), hosts })
        expect(back).toBe(before)
        const apart = await removeCredential(`${text}\n`, {
          before,
          afterDigest: textDigest(text),
          hosts
        })
        expect(apart).not.toContain('QVdTOnNlY3JldA==')
      },
      [CredentialDocumentError]
    )
    await tryHostile(
      'editCredentialText',
      fc.tuple(file, file),
      RUNS,
      async ([text, other]) => {
        const edited = await editCredentialText(
          text,
          [{ section: 'auths', host: HOST, value: undefined }],
          ['auths']
        )
        meansTheSame(edited, other)
      },
      [CredentialDocumentError]
    )
    await tryHostile(
      'parseLogins',
      damagedJson([[{ id: 'a', file: '/f', record: '/r' }]]),
      RUNS,
      parseLogins
    )
    const token = damagedText(
      [Buffer.from('AWS:password').toString('base64')],
      ['=', 'QVdT', ':', '\0']
    )
    await tryHostile('decodeAuthorizationToken', token, RUNS, decodeAuthorizationToken)
  },
  FUZZ_TIMEOUT_MS
)

test(
  'names of repositories, platforms and badges of any content are understood or refused with words',
  async () => {
    const name = damagedText(
      [
        'team/app',
        'public.ecr.aws/alias/team/app',
        '127.0.0.1:5111/a/b',
        'team/*',
        'linux/arm64/v8',
        'x86-64'
      ],
      [
        '/',
        ':',
        '@',
        '*',
        '**',
        '.',
        '-',
        '_',
        'A',
        'https://',
        'sha256:',
        '{',
        '[',
        '!',
        '(',
        '+('
      ]
    )
    await tryHostile('parseRepositoryReference', name, RUNS, parseRepositoryReference)
    await tryHostile('parseBadges', fc.array(name, { maxLength: 3 }), RUNS, (items) => {
      for (const kind of ['architectures', 'operatingSystems'] as const) parseBadges(kind, items)
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'inputs of any content are taken or refused with words',
  async () => {
    const text = damagedText(
      [
        'true',
        'team/app',
        '30d',
        'v*',
        '5',
        'key=value',
        'none',
        '123456789012',
        'auto',
        'truncate',
        'README.md'
      ],
      ['\n', ',', '=', '#', 'aws:', '/', '*', 'true', '-', '{name}', '{repository}', '../']
    )
    const names = Object.keys(INPUT_SPECS) as (keyof typeof INPUT_SPECS)[]
    const given = fc.record({
      mode: fc.constantFrom(...MODES),
      values: fc.dictionary(fc.constantFrom(...names), text, { maxKeys: 6 })
    })
    await tryHostile('readInputs', given, RUNS, ({ mode, values }) => {
      const own = Object.entries(values).filter(([name]) =>
        (INPUT_SPECS[name as keyof typeof INPUT_SPECS].modes as readonly string[]).includes(mode)
      )
      const texts: Readonly<Record<string, string>> = {
        repository: 'team/app',
        ...Object.fromEntries(own),
        mode
      }
      readInputs({}, (name) => texts[name] ?? '')
    })
  },
  FUZZ_TIMEOUT_MS
)
