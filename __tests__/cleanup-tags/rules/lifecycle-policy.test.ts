import { parseLifecyclePolicy } from '../../../src/cleanup-tags/rules/lifecycle-policy.js'

const untagged = { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 }
const expire = { type: 'expire' }
const parse = (policy: unknown): unknown => parseLifecyclePolicy(JSON.stringify(policy), 'p.json')
const withRule = (rule: unknown) => (): unknown => parse({ rules: [rule] })
const withSelection = (selection: unknown) => (): unknown =>
  parse({ rules: [{ rulePriority: 3, selection, action: expire }] })

describe('parseLifecyclePolicy', () => {
  test('accepts a policy that private ECR accepts', () => {
    const policy = {
      rules: [
        {
          rulePriority: 20,
          description: 'all',
          selection: { ...untagged, tagStatus: 'any' },
          action: expire
        },
        {
          rulePriority: 1,
          selection: {
            tagStatus: 'tagged',
            tagPatternList: ['*test*1*2*3', '*test*1*2*3*'.slice(1)],
            countType: 'sinceImagePushed',
            countUnit: 'days',
            countNumber: 5
          },
          action: expire
        }
      ]
    }
    expect(parse(policy)).toMatchObject([
      { priority: 1, tagStatus: 'tagged', count: { type: 'sinceImagePushed', number: 5 } },
      { priority: 20, tagStatus: 'any', count: { type: 'imageCountMoreThan', number: 1 } }
    ])
  })

  test.each<[string, () => unknown, RegExp]>([
    [
      'a list instead of an object',
      () => parse([]),
      /^Lifecycle policy p\.json is an array\. Use an object with the member "rules": \{"rules": \[…\]\}\.$/
    ],
    ['missing rules', () => parse({}), /does not have "rules"\. Use a list\.$/],
    ['an empty list', () => parse({ rules: [] }), /number of rules: "0"\. Use 1 to 50 rules\.$/],
    [
      'an unknown member',
      () => parse({ rules: [], version: 1 }),
      /unknown member: "version"\. Use only these members: rules\.$/
    ],
    [
      'a missing selection',
      withRule({ rulePriority: 1, action: expire }),
      /: rule 1 \(priority 1\) does not have "selection"\./
    ],
    [
      'a missing priority',
      withRule({ selection: untagged, action: expire }),
      /: rule 1 does not have "rulePriority"\./
    ],
    [
      'priority 0',
      withRule({ rulePriority: 0, selection: untagged, action: expire }),
      /has an invalid "rulePriority": "0"\./
    ],
    [
      'a missing action',
      withRule({ rulePriority: 1, selection: untagged }),
      /does not have "action"\. Use a JSON object\.$/
    ],
    [
      'a number as description',
      withRule({ rulePriority: 1, description: 1, selection: untagged, action: expire }),
      /invalid "description": "1"\. Use a string\.$/
    ],
    [
      'an unknown status',
      withSelection({ ...untagged, tagStatus: 'all' }),
      /invalid "selection\.tagStatus": .*Use one of tagged, untagged, any\.$/
    ],
    [
      'a status that is a member of every object',
      withSelection({ ...untagged, tagStatus: 'constructor' }),
      /"selection\.tagStatus": "\\?"constructor\\?""\. Use one of tagged/
    ],
    [
      'tagged without lists',
      withSelection({ ...untagged, tagStatus: 'tagged' }),
      /Use exactly one of tagPrefixList and tagPatternList/
    ],
    [
      'both lists',
      withSelection({
        ...untagged,
        tagStatus: 'tagged',
        tagPrefixList: ['a'],
        tagPatternList: ['a']
      }),
      /exactly one/
    ],
    [
      'lists with untagged',
      withSelection({ ...untagged, tagPrefixList: ['a'] }),
      /tagPrefixList": .*Remove it unless tagStatus is tagged/
    ],
    ...['tagPrefixList', 'tagPatternList'].flatMap((name) =>
      // An empty prefix, and an empty list, would select all tagged images.
      [[''], ['a', ''], [], [1, 'a'], [['a']]].map((list): [string, () => unknown, RegExp] => [
        `${JSON.stringify(list)} as ${name}`,
        withSelection({ ...untagged, tagStatus: 'tagged', [name]: list }),
        new RegExp(`${name}": .*strings that are not empty`)
      ])
    ),
    [
      'a text instead of a list',
      withSelection({ ...untagged, tagStatus: 'tagged', tagPrefixList: 'a' }),
      /tagPrefixList": .*Use a list/
    ],
    [
      'an unknown member of a selection',
      withSelection({ ...untagged, tagPatterns: ['a'] }),
      /has an unknown member in "selection": "tagPatterns"/
    ],
    [
      'five wildcards',
      withSelection({ ...untagged, tagStatus: 'tagged', tagPatternList: ['a*b*c*d*e*'] }),
      /at most 4 wildcards \(\*\)/
    ],
    ['a count of 0', withSelection({ ...untagged, countNumber: 0 }), /countNumber": "0"/],
    [
      'a fractional count',
      withSelection({ ...untagged, countNumber: 1.5 }),
      /countNumber": "1\.5"/
    ],
    [
      'a unit with a count',
      withSelection({ ...untagged, countUnit: 'days' }),
      /countUnit": .*Remove it if countType is imageCountMoreThan/
    ],
    [
      'an age without unit',
      withSelection({ ...untagged, countType: 'sinceImagePushed' }),
      /countUnit"\. Use "days"\.$/
    ],
    [
      'weeks',
      withSelection({ ...untagged, countType: 'sinceImagePushed', countUnit: 'weeks' }),
      /countUnit": .*Use "days"\.$/
    ]
  ])('rejects %s and names the rule and the member', (_, refused, message) => {
    expect(refused).toThrow(message)
  })

  test.each<[string, () => unknown, RegExp]>([
    [
      'sinceImagePulled',
      withSelection({ ...untagged, countType: 'sinceImagePulled', countUnit: 'days' }),
      /when an image was pulled/
    ],
    [
      'sinceImageTransitioned',
      withSelection({ ...untagged, countType: 'sinceImageTransitioned' }),
      /does not have an archive/
    ],
    [
      'archive',
      withSelection({ ...untagged, storageClass: 'archive' }),
      /does not have an archive storage class/
    ],
    [
      'transition',
      withRule({
        rulePriority: 1,
        selection: untagged,
        action: { type: 'transition', targetStorageClass: 'archive' }
      }),
      /does not have an archive/
    ],
    [
      'targetStorageClass',
      withRule({
        rulePriority: 1,
        selection: untagged,
        action: { ...expire, targetStorageClass: 'archive' }
      }),
      /does not have storage classes/
    ]
  ])('rejects %s by name because ECR Public does not support it', (name, refused, reason) => {
    expect(refused).toThrow(reason)
    expect(refused).toThrow(
      new RegExp(`uses an unsupported feature in "[\\w.]+": "${name}"\\. .* Remove it`)
    )
  })

  test('requires unique priorities and selections, and a rule for any as the last', () => {
    const rule = (rulePriority: number, selection: unknown) => ({
      rulePriority,
      selection,
      action: expire
    })
    const any = { ...untagged, tagStatus: 'any' }
    const tagged = (...tagPrefixList: string[]) => ({
      ...untagged,
      tagStatus: 'tagged',
      tagPrefixList
    })
    expect(() => parse({ rules: [rule(1, untagged), rule(1, any)] })).toThrow(
      /rule 2 \(priority 1\) has an invalid "rulePriority": "1"\..*once/
    )
    const older = {
      tagStatus: 'untagged',
      countType: 'sinceImagePushed',
      countUnit: 'days',
      countNumber: 9
    }
    expect(() => parse({ rules: [rule(1, untagged), rule(2, older)] })).toThrow(
      /rule 2 \(priority 2\) selects untagged images, as rule 1 does\. Only one rule can select untagged images\. Combine the two rules\.$/
    )
    expect(() => parse({ rules: [rule(1, any), rule(2, { ...older, tagStatus: 'any' })] })).toThrow(
      /rule 2 .*Only one rule can select images with tagStatus any\./
    )
    expect(() => parse({ rules: [rule(1, tagged('a', 'b')), rule(2, tagged('b', 'a'))] })).toThrow(
      /selects the same images as rule 1/
    )
    expect(() => parse({ rules: [rule(1, any), rule(2, untagged)] })).toThrow(
      /the highest priority number\. Use a number greater than 2\./
    )
  })

  test('accepts the default storage class, which infrastructure tools write', () => {
    const accepted = withSelection({ ...untagged, storageClass: 'standard' })
    expect(accepted()).toMatchObject([{ priority: 3, tagStatus: 'untagged' }])
  })

  test('accepts the output of the AWS CLI, and its lifecyclePolicyText as a JSON string', () => {
    const policy = { rules: [{ rulePriority: 3, selection: untagged, action: expire }] }
    const lifecyclePolicyText = JSON.stringify(policy)
    const output = {
      registryId: '123456789012',
      repositoryName: 'team/app',
      lifecyclePolicyText,
      lastEvaluatedAt: '2026-01-01T00:00:00+00:00'
    }
    expect(parse(output)).toEqual(parse(policy))
    expect(parse(lifecyclePolicyText)).toEqual(parse(policy))
    expect(() => parse({ ...output, lifecyclePolicyText: '{"rules": [}' })).toThrow(
      /^Lifecycle policy p\.json: "lifecyclePolicyText" is not valid JSON\. .* in line 1, column 12\.$/
    )
    expect(() => parse({ lifecyclePolicyText, other: 1 })).toThrow(/unknown member: "other"/)
    expect(() => parse({ ...output, lifecyclePolicyText: 1 })).toThrow(/Use a string\.$/)
  })

  test('limits the length of the policy, not of the text that contains it', () => {
    // Each backslash takes two characters in the policy, and four in the text that contains it.
    const policyWith = (backslashes: number): string => {
      const description = '\\'.repeat(backslashes)
      const one = { rulePriority: 3, description, selection: untagged, action: expire }
      return JSON.stringify({ rules: [one] })
    }
    const text = policyWith(15_000)
    expect(text.length).toBeLessThan(30_720)
    expect(parse({ lifecyclePolicyText: text })).toEqual(parse(JSON.parse(text)))
    expect(parse(text)).toEqual(parse(JSON.parse(text)))
    for (const long of [{ lifecyclePolicyText: policyWith(15_400) }, policyWith(15_400)]) {
      expect(() => parse(long)).toThrow(/Use at most 30720 characters/)
    }
  })

  test('names the position of a syntax error', () => {
    const text = '{\n  "rules": [\n    { "rulePriority": 1, }\n  ]\n}'
    expect(() => parseLifecyclePolicy(text, 'p.json')).toThrow(
      /^Lifecycle policy p\.json is not valid JSON\. The JSON parser reports (?:value|property name) expected in line 3, column 2\d\. Remove commas before a closing bracket\.$/
    )
    expect(() => parseLifecyclePolicy('{"rules": [', 'p.json')).toThrow(/ in line 1, column 12\.$/)
    expect(() => parseLifecyclePolicy('', 'p.json')).toThrow(
      /is not valid JSON\. .*line 1, column 1/
    )
    expect(() => parseLifecyclePolicy('// x\n{}', 'p.json')).toThrow(/line 1, column 1/)
  })

  test('rejects text that is not JSON or is too long', () => {
    expect(() => parseLifecyclePolicy('{', 'p.json')).toThrow(/p\.json is not valid JSON/)
    const description = 'x'.repeat(30_720)
    expect(() =>
      parse({ rules: [{ rulePriority: 1, description, selection: untagged, action: expire }] })
    ).toThrow(/Use at most 30720 characters/)
    const rules = Array.from({ length: 51 }, (_, at) => ({
      rulePriority: at + 1,
      selection: untagged,
      action: expire
    }))
    expect(() => parse({ rules })).toThrow(/"51"\. Use 1 to 50/)
  })

  test('rejects an object that contains a member twice', () => {
    const rule = `{"rulePriority": 1, "selection": {"tagStatus": "tagged", "tagPrefixList": ["rc-"], "tagPrefixList": ["v"],
      "countType": "imageCountMoreThan", "countNumber": 1}, "action": {"type": "expire"}}`
    for (const text of [`{"rules": [${rule}]}`, JSON.stringify(`{"rules": [${rule}]}`)]) {
      expect(() => parseLifecyclePolicy(text, 'p.json')).toThrow(
        /^Lifecycle policy p\.json.* contains a member twice in one object: "tagPrefixList"\./
      )
    }
  })
})
