import { parseLifecyclePolicy } from '../../../src/cleanup-tags/rules/lifecycle-policy.js'

const untagged = { tagStatus: 'untagged', countType: 'imageCountMoreThan', countNumber: 1 }
const expire = { type: 'expire' }
const parse = (policy: unknown): unknown => parseLifecyclePolicy(JSON.stringify(policy), 'p.json')
const withRule = (rule: unknown) => (): unknown => parse({ rules: [rule] })
const withSelection = (selection: unknown) => (): unknown =>
  parse({ rules: [{ rulePriority: 3, selection, action: expire }] })

describe('parseLifecyclePolicy', () => {
  test('takes what private ECR takes', () => {
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
    ['no object', () => parse([]), /^Lifecycle policy p\.json – .*a JSON object/],
    ['no rules', () => parse({}), /rules – a list/],
    ['an empty list', () => parse({ rules: [] }), /rules – "0" – 1 to 50 rules/],
    ['an unknown member', () => parse({ rules: [], version: 1 }), /"version" – the members rules/],
    [
      'no selection',
      withRule({ rulePriority: 1, action: expire }),
      /rule 1 \(priority 1\), selection/
    ],
    ['no priority', withRule({ selection: untagged, action: expire }), /rule 1, rulePriority/],
    [
      'priority 0',
      withRule({ rulePriority: 0, selection: untagged, action: expire }),
      /rulePriority – "0"/
    ],
    ['no action', withRule({ rulePriority: 1, selection: untagged }), /action – a JSON object/],
    [
      'a number as description',
      withRule({ rulePriority: 1, description: 1, selection: untagged, action: expire }),
      /description – "1" – a text/
    ],
    [
      'an unknown status',
      withSelection({ ...untagged, tagStatus: 'all' }),
      /selection\.tagStatus – .*one of tagged, untagged, any/
    ],
    [
      'a status that every object has as a member',
      withSelection({ ...untagged, tagStatus: 'constructor' }),
      /selection\.tagStatus – "\\?"constructor\\?"" – one of tagged/
    ],
    [
      'tagged without lists',
      withSelection({ ...untagged, tagStatus: 'tagged' }),
      /exactly one of tagPrefixList and tagPatternList/
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
      /tagPrefixList – .*none unless tagStatus is tagged/
    ],
    [
      'an empty prefix',
      withSelection({ ...untagged, tagStatus: 'tagged', tagPrefixList: [''] }),
      /texts, not empty/
    ],
    [
      'five wildcards',
      withSelection({ ...untagged, tagStatus: 'tagged', tagPatternList: ['a*b*c*d*e*'] }),
      /at most 4 \*/
    ],
    ['a count of 0', withSelection({ ...untagged, countNumber: 0 }), /countNumber – "0"/],
    ['a broken count', withSelection({ ...untagged, countNumber: 1.5 }), /countNumber – "1.5"/],
    [
      'a unit with a count',
      withSelection({ ...untagged, countUnit: 'days' }),
      /countUnit – .*none for countType imageCountMoreThan/
    ],
    [
      'an age without unit',
      withSelection({ ...untagged, countType: 'sinceImagePushed' }),
      /countUnit – only days/
    ],
    [
      'weeks',
      withSelection({ ...untagged, countType: 'sinceImagePushed', countUnit: 'weeks' }),
      /countUnit – .*only days/
    ]
  ])('%s is refused, naming rule and member', (_, refused, message) => {
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
      /no archive/
    ],
    [
      'storageClass',
      withSelection({ ...untagged, storageClass: 'standard' }),
      /no storage classes/
    ],
    [
      'transition',
      withRule({
        rulePriority: 1,
        selection: untagged,
        action: { type: 'transition', targetStorageClass: 'archive' }
      }),
      /no archive/
    ],
    [
      'targetStorageClass',
      withRule({
        rulePriority: 1,
        selection: untagged,
        action: { ...expire, targetStorageClass: 'archive' }
      }),
      /no storage classes/
    ]
  ])('%s is refused by name, as ECR Public has no data for it', (name, refused, reason) => {
    expect(refused).toThrow(reason)
    expect(refused).toThrow(new RegExp(`"${name}" – cannot be evaluated`))
  })

  test('priorities and selections must be unique, and any the last', () => {
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
      /rule 2 \(priority 1\), rulePriority.*once/
    )
    expect(() => parse({ rules: [rule(1, untagged), rule(2, untagged)] })).toThrow(
      /rule 2 .*selection.*rule 1/
    )
    expect(() => parse({ rules: [rule(1, tagged('a', 'b')), rule(2, tagged('b', 'a'))] })).toThrow(
      /another choice/
    )
    expect(() => parse({ rules: [rule(1, any), rule(2, untagged)] })).toThrow(
      /the highest number of all \(more than 2\)/
    )
  })

  test('what is no JSON, or too long, is refused', () => {
    expect(() => parseLifecyclePolicy('{', 'p.json')).toThrow(/p\.json is not JSON/)
    const description = 'x'.repeat(30_720)
    expect(() =>
      parse({ rules: [{ rulePriority: 1, description, selection: untagged, action: expire }] })
    ).toThrow(/30720 characters/)
    const rules = Array.from({ length: 51 }, (_, at) => ({
      rulePriority: at + 1,
      selection: untagged,
      action: expire
    }))
    expect(() => parse({ rules })).toThrow(/"51" – 1 to 50/)
  })
})
