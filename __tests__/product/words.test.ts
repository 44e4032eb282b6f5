import { join } from 'node:path'
import { ROOT } from './read-workflow.js'

interface Finding {
  readonly path?: string
  readonly line: number
  readonly found: string
}

interface Words {
  readonly checkText: (path: string, text: string) => readonly Finding[]
  readonly checkFiles: (paths?: readonly string[]) => readonly Finding[]
}

const { checkText, checkFiles } = (await import(join(ROOT, '.github/scripts/words.mjs'))) as Words

const check = (path: string, text: string): string[] =>
  checkText(path, text).map(({ line, found }) => `${line}: ${found}`)

describe('the check of words', () => {
  it('finds phrases in prose', () => {
    expect(check('docs/page.md', '# Title\n\nThe value is no duration.\n')).toEqual(['3: is no'])
  })

  it('finds phrases in the comments but not in the code of a code block', () => {
    const text = '```sh\necho "is no" \n# This is no comment\n```\n'
    expect(check('docs/page.md', text)).toEqual(['3: is no'])
  })

  it('ignores inline code and URLs in prose', () => {
    expect(check('docs/page.md', 'See `stays` and [it](https://example.com/stays).\n')).toEqual([])
  })

  it('finds phrases in YAML files', () => {
    expect(check('action.yml', 'description: Tags, one a line\n')).toEqual(['1: one a line'])
  })

  it('finds phrases in comments', () => {
    const text = 'const a = 1\n/** Returns what the file says. */\nconst b = 2 // It stays.\n'
    expect(check('src/a.ts', text)).toEqual(['2: says', '3: stays'])
  })

  it('finds phrases in strings and templates of more than two words', () => {
    const text = "const a = 'the tag that goes'\nconst b = `${a} is no tag`\nconst c = 'stays'\n"
    expect(check('src/a.ts', text)).toEqual(['1: goes', '2: is no'])
  })

  it('finds words in identifiers', () => {
    expect(check('src/a.ts', 'const companionTags = 1\n')).toEqual(['1: companionTags'])
  })

  it('requires a sentence without a full stop in the field "what" of an error', () => {
    const text =
      "problem({ what: 'the file is missing' })\nproblem({ what: 'The file is missing.' })\n"
    expect(check('src/a.ts', text)).toEqual([
      '1: what: the file is missing',
      '2: what: The file is missing.'
    ])
  })

  it('requires full sentences in the other fields of an error', () => {
    const text = "problem({ what: 'The file is missing', value: path, fix: 'create it' })\n"
    expect(check('src/a.ts', text)).toEqual(['1: fix: create it'])
  })

  it('accepts an error with full sentences', () => {
    const text =
      'problem({ what: `Input "${name}" is empty`, expected: \'Use a path.\', fix: `Set ${name}.` })\n'
    expect(check('src/a.ts', text)).toEqual([])
  })
})

it('finds nothing in this repository', () => {
  const findings = checkFiles().map(({ path = '', line, found }) => `${path}:${line}: ${found}`)
  expect(findings).toEqual([])
})
