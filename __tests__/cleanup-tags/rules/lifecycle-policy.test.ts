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
      /^Lifecycle policy p\.json is not valid: "\[\]"\. Use a JSON object\.$/
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
    [
      'an empty prefix',
      withSelection({ ...untagged, tagStatus: 'tagged', tagPrefixList: [''] }),
      /strings that are not empty/
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
      'storageClass',
      withSelection({ ...untagged, storageClass: 'standard' }),
      /does not have storage classes/
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
    expect(() => parse({ rules: [rule(1, untagged), rule(2, untagged)] })).toThrow(
      /rule 2 .*selects the same images as rule 1\. Use each selection only once/
    )
    expect(() => parse({ rules: [rule(1, tagged('a', 'b')), rule(2, tagged('b', 'a'))] })).toThrow(
      /selects the same images as rule 1/
    )
    expect(() => parse({ rules: [rule(1, any), rule(2, untagged)] })).toThrow(
      /the highest priority number\. Use a number greater than 2\./
    )
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
})
