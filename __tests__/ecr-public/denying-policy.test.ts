import { findDenyingPolicy } from '../../src/ecr-public/denying-policy.js'

const CALL =
  'User: arn:aws:sts::123456789012:assumed-role/ci/job is not authorized to perform: ecr-public:PutImage on resource: arn:aws:ecr-public::123456789012:repository/app'

test.each([
  ['an identity-based policy', 'IAM policies of the role'],
  ['a service control policy', 'administrator of the AWS organization'],
  ['a resource control policy', 'administrator of the AWS organization'],
  ['a permissions boundary', 'permissions boundary of the role'],
  ['a session policy', 'session policy that was passed'],
  ['a resource-based policy', 'policy of the repository'],
  ['a VPC endpoint policy', 'policy of the VPC endpoint']
])('an explicit deny in %s is found', (type, fix) => {
  for (const end of ['', ': arn:aws:organizations::1:policy/o-1/service_control_policy/p-1']) {
    const policy = findDenyingPolicy(`${CALL} with an explicit deny in ${type}${end}`)
    expect(policy).toMatchObject({ isExplicit: true, type })
    expect(policy?.fix).toMatch(/^An Allow statement cannot override a Deny statement\. /)
    expect(policy?.fix).toContain(fix)
  }
})

test.each(['with an explicit deny', 'with an explicit deny in a new kind of policy'])(
  'an explicit deny without a known policy is found: %s',
  (end) => {
    expect(findDenyingPolicy(`${CALL} ${end}`)).toMatchObject({
      isExplicit: true,
      type: 'a policy'
    })
  }
)

test.each([
  'service control policy',
  'permissions boundary',
  'session policy',
  'VPC endpoint policy'
])('a %s that does not contain the action is found', (type) => {
  const message = `${CALL} because no ${type} allows the ecr-public:PutImage action`
  expect(findDenyingPolicy(message)).toMatchObject({ isExplicit: false, type: `a ${type}` })
  expect(findDenyingPolicy(message)?.fix).toContain('is not sufficient')
})

test.each([
  CALL,
  `${CALL} because no identity-based policy allows the ecr-public:PutImage action`,
  `${CALL} because no resource-based policy allows the ecr-public:PutImage action`
])('a policy of the role that does not contain the action is not found: %s', (message) => {
  expect(findDenyingPolicy(message)).toBeUndefined()
})
