import { readdir } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { problem } from '../runner/errors.js'
import { findLocalFile, getLocalFile, workspaceOf } from '../runner/read-local-file.js'
import type { LocalFile } from '../runner/read-local-file.js'

type Env = Readonly<Record<string, string | undefined>>

/** The inputs that name a Markdown file. */
export type MarkdownInput = 'readme' | 'about' | 'usage'

/** The maximum size of a README, in bytes. GitHub itself shows 500 KiB of a README. */
const MAX_README_BYTES = 1024 * 1024

/**
 * The names of markup and document formats by file extension: the formats that GitHub shows
 * (https://github.com/github/markup#markups) and common formats of text processors.
 */
const OTHER_FORMATS: Readonly<Record<string, string>> = {
  '.rst': 'reStructuredText',
  '.rest': 'reStructuredText',
  '.adoc': 'AsciiDoc',
  '.asciidoc': 'AsciiDoc',
  '.asc': 'AsciiDoc',
  '.textile': 'Textile',
  '.rdoc': 'RDoc',
  '.org': 'Org mode',
  '.creole': 'Creole',
  '.mediawiki': 'MediaWiki',
  '.wiki': 'MediaWiki',
  '.pod': 'Pod',
  '.pod6': 'Pod',
  '.htm': 'HTML',
  '.html': 'HTML',
  '.xhtml': 'HTML',
  '.xml': 'XML',
  '.tex': 'LaTeX',
  '.typ': 'Typst',
  '.ipynb': 'a Jupyter notebook',
  '.json': 'JSON',
  '.yaml': 'YAML',
  '.yml': 'YAML',
  '.rtf': 'Rich Text Format',
  '.doc': 'a Word document',
  '.docx': 'a Word document',
  '.odt': 'an OpenDocument text',
  '.pdf': 'PDF'
}

/**
 * Reads a Markdown file, or returns `undefined` if it does not exist.
 *
 * @param path absolute
 * @throws ActionError if the file is in another format, or as `findLocalFile` does
 */
export async function findMarkdownFile(
  path: string,
  input: MarkdownInput,
  env: Env
): Promise<LocalFile | undefined> {
  checkFormat(path, path, input)
  const file = await findLocalFile(path, { input, maxBytes: MAX_README_BYTES, env })
  if (file !== undefined) checkFormat(path, file.path, input)
  return file
}

/** Reads a Markdown file that must exist. @throws ActionError if it does not, or as `findMarkdownFile` does */
export async function getMarkdownFile(
  path: string,
  input: MarkdownInput,
  env: Env
): Promise<LocalFile> {
  checkFormat(path, path, input)
  const file = await getLocalFile(path, { input, maxBytes: MAX_README_BYTES, env })
  checkFormat(path, file.path, input)
  return file
}

/** @param path the path that the input names, or the real path if the input names a link */
function checkFormat(named: string, path: string, input: MarkdownInput): void {
  const format = OTHER_FORMATS[extname(path).toLowerCase()]
  if (format === undefined) return
  throw problem({
    what: `Input "${input}" names a file that is not Markdown`,
    value: named,
    reason: `Its file extension is "${extname(path)}" (${format}).`,
    expected: 'The gallery shows Markdown only.',
    fix: 'Convert the file to Markdown, and use the path of the converted file.'
  })
}

/**
 * Returns a sentence that names the README files of the workspace, for a workspace without `README.md`. GitHub shows
 * a README in these directories and ignores its letter case.
 */
export async function describeReadmes(env: Env): Promise<string> {
  const found: string[] = []
  let isEmpty = true
  for (const directory of ['', '.github', 'docs']) {
    const names = await readdir(join(workspaceOf(env), directory)).catch((): string[] => [])
    if (names.length > 0) isEmpty = false
    const readmes = names.filter((name) => /^readme(?:\.|$)/i.test(name)).sort()
    found.push(...readmes.map((name) => (directory === '' ? name : `${directory}/${name}`)))
  }
  const markdown = found.find((name) => OTHER_FORMATS[extname(name).toLowerCase()] === undefined)
  if (isEmpty) return 'The workspace is empty. Check that actions/checkout runs before this step.'
  if (found.length === 0)
    return 'The root directory, .github and docs do not have another README. To use a file of another directory, set "readme" to its path.'
  const list = `The workspace has ${found.join(', ')}.`
  return markdown === undefined
    ? `${list} The gallery shows Markdown only.`
    : `${list} To use it, set "readme" to "${markdown}".`
}
