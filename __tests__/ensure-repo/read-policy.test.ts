import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPolicy } from '../../src/ensure-repo/read-policy.js'

const STATEMENT = { Effect: 'Allow', Principal: '*', Action: 'ecr-public:DescribeImages' }
const TEXT = JSON.stringify({ Statement: [STATEMENT] })
let directory = ''
const read = (policy: string): ReturnType<typeof readPolicy> =>
  readPolicy(policy, { GITHUB_WORKSPACE: directory })

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'policy-test-'))
})

afterAll(() => rm(directory, { recursive: true }))

async function file(text: string | Buffer): Promise<string> {
  const path = join(directory, 'policy.json')
  await writeFile(path, text)
  return path
}

test('reads "none" as the absence of a policy', async () => {
  expect(await read(' none ')).toEqual({ kind: 'none' })
})

test('returns text and file without insignificant white space', async () => {
  const pretty = `\ufeff${JSON.stringify(JSON.parse(TEXT), undefined, 40)}`
  const expected = { kind: 'policy', text: TEXT }
  expect(await read(`\n${pretty.slice(1)}`)).toEqual(expected)
  expect(await read(await file(pretty))).toEqual(expected)
})

test.each([
  ['{"Statement": ', 'Input "policy" cannot be parsed as JSON'],
  ['[]', 'A policy is a JSON object with the member "Statement".'],
  ['"none"', 'A policy is a JSON object with the member "Statement".'],
  ['{}', '"Effect" (Allow or Deny), "Principal" and "Action"'],
  ['{"Statement": []}', '"Effect" (Allow or Deny)'],
  [JSON.stringify({ Statement: [STATEMENT, { ...STATEMENT, Effect: 'allow' }] }), '"statement 2"'],
  [JSON.stringify({ Statement: { ...STATEMENT, Action: undefined } }), 'Action'],
  [JSON.stringify({ Statement: { ...STATEMENT, Principal: undefined } }), 'Principal'],
  [
    '{"Statement": {"Effect": "Deny", "Action": "*", "Principal": "*", "Effect": "Allow"}}',
    'Input "policy" contains a member twice in one object: "Effect".'
  ],
  [JSON.stringify({ Statement: { ...STATEMENT, Sid: 'x'.repeat(10_240) } }), 'at most 10,240']
])('rejects %.60s', async (text, reason) => {
  await expect(read(text)).rejects.toThrow(reason)
})

test('names a file that is invalid, missing, too large or a directory', async () => {
  await expect(read(await file('{'))).rejects.toThrow(
    /The policy file ".*policy\.json" cannot be parsed as JSON/
  )
  await expect(read(join(directory, 'none.json'))).rejects.toThrow(
    /Input "policy" names a file that does not exist: ".*none\.json"/
  )
  await expect(read(directory)).rejects.toThrow('It is a directory.')
  await expect(read(await file(' '.repeat(2 ** 20 + 1)))).rejects.toThrow('too large')
})

test('rejects a file that is not UTF-8 instead of replacing its characters', async () => {
  const text = TEXT.replace('DescribeImages', 'Größe')
  for (const encoding of ['latin1', 'utf16le'] as const) {
    await expect(read(await file(Buffer.from(`\ufeff${text}`, encoding)))).rejects.toThrow(
      /Input "policy" names a file that is not UTF-8 text: ".*policy\.json"\. Save the file as UTF-8\./
    )
  }
})

test('rejects a file outside of the workspace and a link to one', async () => {
  const outside = await mkdtemp(join(tmpdir(), 'policy-outside-'))
  try {
    await writeFile(join(outside, 'policy.json'), TEXT)
    await symlink(join(outside, 'policy.json'), join(directory, 'link.json'))
    for (const path of [join(outside, 'policy.json'), 'link.json']) {
      await expect(read(path)).rejects.toThrow(
        /Input "policy" names a file that must not be read: .* outside of the workspace/
      )
    }
  } finally {
    await rm(outside, { recursive: true })
  }
})
