import type { Code, RootContent, Table } from 'mdast'
import { toString } from 'mdast-util-to-string'
import { parse } from 'yaml'
import { makeDeps } from '../helpers/make-deps.js'
import { makeInputs } from '../helpers/make-inputs.js'
import { runCleanup } from '../helpers/run-cleanup.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { startGitHub, TOKEN } from '../helpers/start-github.js'
import type { FakeState } from '../helpers/start-github.js'
import { parseDocument } from '../product/markdown.js'

const NOW = Date.parse('2026-06-04T12:00:00Z')
const UNITS = { hour: 3_600_000, day: 86_400_000 } as const
const STATES: Readonly<Record<string, FakeState>> = {
  merged: 'MERGED',
  open: 'OPEN',
  issue: 'issue'
}
const UNTAGGED = '(untagged)'

/** A row of an example. `Image` is a name, `index NAME`, or `of index NAME` for an image that the index lists. */
type Row = Readonly<Record<string, string>>

interface Example {
  readonly title: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly rows: readonly Row[]
}

/** Returns the examples below the heading `Rules with examples`: a heading, the inputs and a table. */
function listExamples(): Example[] {
  const { children } = parseDocument('docs/cleanup-tags.md')
  const examples: Example[] = []
  let title = ''
  let inputs: Readonly<Record<string, unknown>> | undefined
  for (const node of children.slice(findHeading(children, 'Rules with examples') + 1)) {
    if (node.type === 'heading' && node.depth === 2) break
    if (node.type === 'heading') title = toString(node)
    if (node.type === 'code' && node.lang === 'yaml') inputs = parseInputs(node)
    if (node.type !== 'table' || inputs === undefined) continue
    examples.push({ title, inputs, rows: readRows(node) })
    inputs = undefined
  }
  return examples
}

function findHeading(nodes: readonly RootContent[], title: string): number {
  return nodes.findIndex((node) => node.type === 'heading' && toString(node) === title)
}

const parseInputs = ({ value }: Code): Readonly<Record<string, unknown>> =>
  parse(value) as Readonly<Record<string, unknown>>

function readRows({ children: [head, ...rows] }: Table): Row[] {
  const columns = head?.children.map((cell) => toString(cell)) ?? []
  return rows.map(({ children }) =>
    Object.fromEntries(children.map((cell, at) => [columns[at] ?? '', toString(cell)]))
  )
}

/** Returns the time of an age such as `3 days ago`. */
function timeOf({ Set: age = '' }: Row): string {
  const [, count, unit] = /^(\d+) (hour|day)s? ago$/.exec(age) ?? []
  return new Date(NOW - Number(count) * UNITS[unit as keyof typeof UNITS]).toISOString()
}

function seedOf(rows: readonly Row[]): unknown {
  const names = new Set(rows.map(({ Image: name = '' }) => name))
  const images = [...names].flatMap((name) => {
    if (name.startsWith('of ')) return []
    const own = rows.filter(({ Image: image }) => image === name)
    const tags = own.filter(({ Tag: tag }) => tag !== UNTAGGED)
    return {
      tags: tags.map((row) => ({ tag: row.Tag, createdAt: timeOf(row) })),
      pushedAt: own.map(timeOf).sort()[0],
      platforms: name.startsWith('index ') ? ['linux/amd64', 'linux/arm64'] : ['linux/amd64']
    }
  })
  return { repositories: [{ name: 'team/app', images }] }
}

function pullRequestsOf(rows: readonly Row[]): Record<number, FakeState> {
  const found: Record<number, FakeState> = {}
  for (const { 'Pull request': text = '' } of rows) {
    const [number = '', state = ''] = text.split(' ')
    if (text !== '') found[Number(number)] = STATES[state] ?? 'issue'
  }
  return found
}

describe('the examples of docs/cleanup-tags.md', () => {
  const examples = listExamples()

  test('cover every input that is a rule', () => {
    const inputs = new Set(examples.flatMap((example) => Object.keys(example.inputs)))
    expect([...inputs].sort()).toEqual([
      'closed-pull-requests',
      'exclude-tags',
      'keep-latest',
      'keep-latest-per',
      'lifecycle-policy',
      'older-than',
      'sort-by',
      'tags',
      'untagged'
    ])
  })

  test.each(examples)('$title: the results and reasons are the ones of a run', async (example) => {
    const { rows, inputs: given } = example
    const now = (): Date => new Date(NOW)
    const emulator = await startEmulator({ now, seed: seedOf(rows) })
    const github = await startGitHub({ pullRequests: pullRequestsOf(rows) })
    const texts: Record<string, string> = {}
    for (const [name, value] of Object.entries(given)) texts[name] = String(value)
    const inputs = makeInputs('cleanup-tags', {
      repository: 'team/app',
      ...('closed-pull-requests' in given ? { 'github-token': TOKEN } : {}),
      ...texts
    })
    const deps = makeDeps({ ...emulator, env: { ...emulator.env, ...github.env } }, { now })
    const { plan } = await runCleanup(inputs, deps)
    const found = plan.map(({ kind, target, action, reason = '' }) => {
      const tag = kind === 'tag' ? (target.split(':')[1] ?? '') : UNTAGGED
      // The effect of a deletion on the image follows after a semicolon.
      return [tag, action, reason.split(';')[0]]
    })
    const expected = rows.map(({ Tag: tag, Result: result, Reason: reason }) => [
      tag,
      result,
      reason
    ])
    expect(found.sort()).toEqual(expected.sort())
  })
})
