import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPolicy } from '../../src/ensure-repo/read-policy.js'

const STATEMENT = { Effect: 'Allow', Principal: '*', Action: 'ecr-public:DescribeImages' }
const TEXT = JSON.stringify({ Statement: [STATEMENT] })
let directory = ''

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'policy-test-'))
})

afterAll(() => rm(directory, { recursive: true }))

async function file(text: string): Promise<string> {
  const path = join(directory, 'policy.json')
  await writeFile(path, text)
  return path
}

test('reads "none" as the absence of a policy', async () => {
  expect(await readPolicy(' none ')).toEqual({ kind: 'none' })
})

test('returns text and file without insignificant white space', async () => {
  const pretty = `\ufeff${JSON.stringify(JSON.parse(TEXT), undefined, 40)}`
  const expected = { kind: 'policy', text: TEXT }
  expect(await readPolicy(`\n${pretty.slice(1)}`)).toEqual(expected)
  expect(await readPolicy(await file(pretty))).toEqual(expected)
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
  [JSON.stringify({ Statement: { ...STATEMENT, Sid: 'x'.repeat(10_240) } }), 'at most 10,240']
])('rejects %.60s', async (text, reason) => {
  await expect(readPolicy(text)).rejects.toThrow(reason)
})

test('names a file that is invalid, missing, too large or a directory', async () => {
  await expect(readPolicy(await file('{'))).rejects.toThrow(
    /The policy file ".*policy\.json" cannot be parsed as JSON/
  )
  await expect(readPolicy(join(directory, 'none.json'))).rejects.toThrow('The file does not exist.')
  await expect(readPolicy(directory)).rejects.toThrow('EISDIR')
  await expect(readPolicy(await file(' '.repeat(2 ** 20 + 1)))).rejects.toThrow('too large')
})
