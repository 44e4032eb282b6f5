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

test('none stands for no policy', async () => {
  expect(await readPolicy(' none ')).toEqual({ kind: 'none' })
})

test('text and file are the same, made short', async () => {
  const pretty = `\ufeff${JSON.stringify(JSON.parse(TEXT), undefined, 40)}`
  const expected = { kind: 'policy', text: TEXT }
  expect(await readPolicy(`\n${pretty.slice(1)}`)).toEqual(expected)
  expect(await readPolicy(await file(pretty))).toEqual(expected)
})

test.each([
  ['{"Statement": ', 'Input "policy" is no JSON'],
  ['[]', 'a JSON object with a Statement'],
  ['"none"', 'a JSON object with a Statement'],
  ['{}', 'Effect (Allow or Deny), Principal and Action'],
  ['{"Statement": []}', 'Effect (Allow or Deny)'],
  [JSON.stringify({ Statement: [STATEMENT, { ...STATEMENT, Effect: 'allow' }] }), '"statement 2"'],
  [JSON.stringify({ Statement: { ...STATEMENT, Action: undefined } }), 'Action'],
  [JSON.stringify({ Statement: { ...STATEMENT, Principal: undefined } }), 'Principal'],
  [JSON.stringify({ Statement: { ...STATEMENT, Sid: 'x'.repeat(10_240) } }), 'at most 10,240']
])('%.60s is refused', async (text, reason) => {
  await expect(readPolicy(text)).rejects.toThrow(reason)
})

test('a file that is bad, missing, too large or a directory is named', async () => {
  await expect(readPolicy(await file('{'))).rejects.toThrow(/The policy .*policy\.json is no JSON/)
  await expect(readPolicy(join(directory, 'none.json'))).rejects.toThrow('there is no such file')
  await expect(readPolicy(directory)).rejects.toThrow('EISDIR')
  await expect(readPolicy(await file(' '.repeat(2 ** 20 + 1)))).rejects.toThrow('too large')
})
