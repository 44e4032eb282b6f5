import fc from 'fast-check'
import { isSamePolicy, policyMeaning } from '../../src/ensure-repo/policy-meaning.js'

const ACCOUNT = '123456789012'

function policy(statement: unknown, more: object = {}): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statement, ...more })
}

const BASE = {
  Sid: 'push',
  Effect: 'Allow',
  Principal: { AWS: [`arn:aws:iam::${ACCOUNT}:root`, 'arn:aws:iam::210987654321:role/ci'] },
  Action: ['ecr-public:PutImage', 'ecr-public:UploadLayerPart'],
  Condition: { StringEquals: { 'aws:PrincipalTag/team': ['a', 'b'] }, Bool: { 'aws:x': 'true' } }
}

test.each<[string, unknown]>([
  ['one statement outside a list', BASE],
  ['a statement twice', [BASE, BASE]],
  ['other order of keys', [Object.fromEntries(Object.entries(BASE).reverse())]],
  ['other order of actions', [{ ...BASE, Action: [...BASE.Action].reverse() }]],
  ['other case of actions', [{ ...BASE, Action: BASE.Action.map((each) => each.toUpperCase()) }]],
  [
    'an account by its number',
    [{ ...BASE, Principal: { AWS: ['arn:aws:iam::210987654321:role/ci', ACCOUNT] } }]
  ],
  [
    'other case of condition keys, other types of values',
    [
      {
        ...BASE,
        Condition: {
          Bool: { 'AWS:X': true },
          StringEquals: { 'aws:principaltag/team': ['b', 'a'] }
        }
      }
    ]
  ]
])('%s has the same meaning', (_name, statement) => {
  expect(isSamePolicy(policy(statement), policy([BASE]))).toBe(true)
})

test.each<[string, unknown]>([
  ['another action', [{ ...BASE, Action: 'ecr-public:PutImage' }]],
  ['a denial', [{ ...BASE, Effect: 'Deny' }]],
  ['another principal', [{ ...BASE, Principal: { AWS: [ACCOUNT] } }]],
  ['another kind of principal', [{ ...BASE, Principal: { Service: BASE.Principal.AWS } }]],
  ['no condition', [{ ...BASE, Condition: {} }]],
  ['another id of the statement', [{ ...BASE, Sid: 'other' }]],
  ['another statement besides', [BASE, { ...BASE, Sid: 'other' }]],
  ['NotAction instead of Action', [{ ...BASE, Action: undefined, NotAction: BASE.Action }]]
])('%s has another meaning', (_name, statement) => {
  expect(isSamePolicy(policy(statement), policy([BASE]))).toBe(false)
})

test('any principal is "*" in both notations, but not another type of principal', () => {
  const of = (principal: unknown): string => policy([{ ...BASE, Principal: principal }])
  expect(isSamePolicy(of('*'), of({ AWS: '*' }))).toBe(true)
  expect(isSamePolicy(of('*'), of({ AWS: ['*'] }))).toBe(true)
  expect(isSamePolicy(of('*'), of({ Service: '*' }))).toBe(false)
})

test('a policy without a version has the default version', () => {
  const text = JSON.stringify({ Statement: [BASE] })
  expect(isSamePolicy(text, policy([BASE], { Version: '2008-10-17' }))).toBe(true)
  expect(isSamePolicy(text, policy([BASE]))).toBe(false)
})

test('an item and a list of one item have the same meaning', () => {
  const single = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'x:Y', Resource: '*' }
  const list = { Effect: 'Allow', Principal: { AWS: [ACCOUNT] }, Action: ['x:Y'], Resource: ['*'] }
  expect(isSamePolicy(policy(single), policy([list]))).toBe(true)
})

test('text that is not a policy is not the same as any other', () => {
  expect(isSamePolicy('{', '{')).toBe(false)
  expect(policyMeaning([1])).toBe('[1]')
  expect(isSamePolicy(policy('x'), policy(['x']))).toBe(true)
  const odd = { ...BASE, Condition: { Null: 'x' } }
  expect(isSamePolicy(policy(odd), policy([odd]))).toBe(true)
  expect(isSamePolicy(policy({ ...BASE, Condition: 'x' }), policy([BASE]))).toBe(false)
})

test('white space and the order of members do not change the meaning', () => {
  const text = fc.constantFrom('a:B', 'c:D', '*', ACCOUNT)
  const items = fc.oneof(text, fc.array(text, { minLength: 1 }))
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Principal: fc.oneof(fc.constant('*'), fc.record({ AWS: items })),
    Action: items
  })
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1 }), fc.nat(8), (statements, indent) => {
      const turned = statements
        .map((each) => Object.fromEntries(Object.entries(each).reverse()))
        .reverse()
      const other = JSON.stringify({ Statement: turned, Version: '2012-10-17' }, undefined, indent)
      expect(isSamePolicy(policy(statements), other)).toBe(true)
    })
  )
})
