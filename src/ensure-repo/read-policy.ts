import { readFile, stat } from 'node:fs/promises'
import { codeOf, messageOf, problem } from '../runner/errors.js'
import { isTooDeep, MAX_JSON_DEPTH } from '../runner/json-depth.js'

/** The policy that a repository should have: a text for the service, or none. */
export type DesiredPolicy =
  { readonly kind: 'none' } | { readonly kind: 'policy'; readonly text: string }

/** The API model's RepositoryPolicyText. */
const MAX_POLICY_CHARACTERS = 10_240
/** Far more blanks than a policy of that length could have. */
const MAX_FILE_BYTES = 1024 * 1024

/**
 * The policy that the input stands for: `none`, JSON text, or the path of a JSON file. It is checked as
 * far as that can be done here, and made as short as it can be.
 *
 * @throws ActionError for what is no policy, and for a file that cannot be read
 */
export async function readPolicy(input: string): Promise<DesiredPolicy> {
  const text = input.trim()
  if (text === 'none') return { kind: 'none' }
  const isText = /^[{["]/.test(text)
  const name = isText ? 'Input "policy"' : `The policy ${text}`
  const json = isText ? text : await readPolicyFile(text)
  const policy = parsePolicy(name, json)
  checkStatements(name, policy)
  const short = JSON.stringify(policy)
  if (short.length > MAX_POLICY_CHARACTERS) {
    throw problem({
      what: `${name} is too long`,
      value: `${short.length} characters without blanks`,
      expected: `at most ${MAX_POLICY_CHARACTERS.toLocaleString('en')}`
    })
  }
  return { kind: 'policy', text: short }
}

async function readPolicyFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) {
      throw problem({ what: 'The policy file is too large to be one', value: path })
    }
    const text = await readFile(path, 'utf8')
    return text.replace(/^\ufeff/, '')
  } catch (error) {
    const code = codeOf(error)
    if (code === undefined) throw error
    throw problem(
      {
        what: 'The policy file cannot be read',
        value: path,
        expected: code === 'ENOENT' ? 'there is no such file' : code,
        fix: 'give a path below the working directory, the JSON text itself, or none'
      },
      error
    )
  }
}

function parsePolicy(name: string, json: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw problem({ what: `${name} is no JSON`, value: messageOf(error) }, error)
  }
  if (isTooDeep(value)) {
    throw problem({
      what: `${name} is no policy`,
      expected: `JSON that nests at most ${MAX_JSON_DEPTH} levels deep`
    })
  }
  if (isObject(value)) return value
  throw problem({ what: `${name} is no policy`, expected: 'a JSON object with a Statement' })
}

function checkStatements(name: string, { Statement }: Readonly<Record<string, unknown>>): void {
  const statements = Array.isArray(Statement) ? (Statement as unknown[]) : [Statement]
  const isWhole = (statement: unknown): boolean =>
    isObject(statement) &&
    (statement.Effect === 'Allow' || statement.Effect === 'Deny') &&
    (statement.Action ?? statement.NotAction) !== undefined &&
    (statement.Principal ?? statement.NotPrincipal) !== undefined
  const at = statements.findIndex((statement) => !isWhole(statement))
  if (statements.length > 0 && at === -1) return
  throw problem({
    what: `${name} is no policy of a repository`,
    ...(statements.length > 1 ? { value: `statement ${at + 1}` } : {}),
    expected: 'a Statement has Effect (Allow or Deny), Principal and Action'
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
