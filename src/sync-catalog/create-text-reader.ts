import { resolve } from 'node:path'
import { problem } from '../runner/errors.js'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'
import { findLinkBase } from './find-commit.js'
import type { Commit } from './find-commit.js'
import {
  fitText,
  MAX_TEXT_LENGTH,
  readReadme,
  readTextFile,
  sectionAtLimit
} from './markdown/catalog-texts.js'
import type { TextOptions } from './markdown/catalog-texts.js'
import { addressOfFile } from './markdown/resolve-relative-link.js'
import type { LinkBase } from './markdown/resolve-relative-link.js'
import { describeReadmes, findMarkdownFile, getMarkdownFile } from './markdown-file.js'
import type { MarkdownInput } from './markdown-file.js'
import { readLogo } from './read-logo.js'
import { runMarkdownParser } from './run-markdown-parser.js'

/** A notice or warning that the step shows. */
export interface Annotation {
  readonly level: 'notice' | 'warning'
  readonly text: string
}

/** The texts and the logo that the local files have for a repository. `undefined` keeps the current value. */
export interface LocalTexts {
  readonly aboutText: string | undefined
  readonly usageText: string | undefined
  /** The texts that were truncated. */
  readonly truncated: readonly ('aboutText' | 'usageText')[]
  readonly logo: Buffer | undefined
  readonly annotations: readonly Annotation[]
}

/** The inputs that name local files, and the checkout that the files are in. */
export interface LocalContext {
  readonly inputs: SyncCatalogInputs
  /** Absolute. Relative paths start here. */
  readonly workspace: string
  readonly commit: Commit | undefined
  /** The environment of the step. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * The maximum size of the texts and logos that are kept in memory until they are written, in UTF-16 code units and
 * bytes. Files beyond it are read again, so that the number of repositories does not determine the memory use.
 */
const MAX_CACHED_LENGTH = 20_000_000

/** Creates a function that reads the local files of a repository. Files that all repositories share are read once. */
export function createTextReader(
  context: LocalContext
): (repositoryName: string) => Promise<LocalTexts> {
  const { readme, about, usage, logo } = context.inputs
  const isPerRepository = [readme, about, usage, logo].some((path) =>
    /\{(?:repository|name)\}/.test(path ?? '')
  )
  const cache = new Map<string, Promise<LocalTexts>>()
  let remainingLength = MAX_CACHED_LENGTH
  return async (name) => {
    const key = isPerRepository ? name : ''
    const cached = cache.get(key)
    if (cached !== undefined) return cached
    const texts = readTexts(name, context)
    cache.set(key, texts)
    if (isPerRepository) {
      remainingLength -= lengthOf(await texts)
      if (remainingLength < 0) cache.delete(key)
    }
    return texts
  }
}

function lengthOf({ aboutText = '', usageText = '', logo }: LocalTexts): number {
  return aboutText.length + usageText.length + (logo?.length ?? 0)
}

/** A text and the file that it comes from. */
interface SourceText {
  readonly text: string
  readonly path: string
  /** The input that names the file, for errors. */
  readonly input: MarkdownInput
  readonly base: LinkBase | undefined
}

async function readTexts(name: string, context: LocalContext): Promise<LocalTexts> {
  const annotations: Annotation[] = []
  const { about, usage, logo } = context.inputs
  const [aboutFile, usageFile] = await Promise.all([
    readPart('about', about, name, context, annotations),
    readPart('usage', usage, name, context, annotations)
  ])
  const readme = await readReadmeParts(name, context, annotations)
  const fitted = {
    aboutText: fitPart('about', aboutFile ?? readme.about, context),
    usageText: fitPart('usage', usageFile ?? readme.usage, context)
  }
  return {
    aboutText: fitted.aboutText?.text,
    usageText: fitted.usageText?.text,
    truncated: (['aboutText', 'usageText'] as const).filter((field) => fitted[field]?.isTruncated),
    logo:
      logo === undefined
        ? undefined
        : await readLogo(resolveTemplate(logo, name, context), context.env),
    annotations
  }
}

/** Reads the file of input `about` or `usage`. */
async function readPart(
  input: 'about' | 'usage',
  template: string | undefined,
  name: string,
  context: LocalContext,
  annotations: Annotation[]
): Promise<SourceText | undefined> {
  if (template === undefined) return undefined
  const path = resolveTemplate(template, name, context)
  const file = await getMarkdownFile(path, input, context.env)
  const base = await resolveBase(file.path, context, annotations)
  const { text, outside } = runMarkdownParser(path, input, () =>
    readTextFile(file.bytes, linkOptions(base, context))
  )
  annotations.push(...outsideWarnings(path, outside, context))
  return { text, path, input, base }
}

async function readReadmeParts(
  name: string,
  context: LocalContext,
  annotations: Annotation[]
): Promise<{ readonly about?: SourceText; readonly usage?: SourceText }> {
  const { readme, readmeIsGiven, about, usage, usageHeadings } = context.inputs
  if (about !== undefined && usage !== undefined && !readmeIsGiven) return {}
  const path = resolveTemplate(readme, name, context)
  const read = readmeIsGiven ? getMarkdownFile : findMarkdownFile
  const file = await read(path, 'readme', context.env)
  const notice = (text: string): void =>
    void annotations.push({ level: 'notice', text: `${displayPath(path, context)} ${text}` })
  if (file === undefined) {
    const others = await describeReadmes(context.env)
    notice(`does not exist, so the texts that come from it are not changed. ${others}`)
    return {}
  }
  const base = await resolveBase(file.path, context, annotations)
  const parts = runMarkdownParser(path, 'readme', () =>
    readReadme(file.bytes, usageHeadings, linkOptions(base, context))
  )
  annotations.push(...outsideWarnings(path, parts.outside, context))
  if (parts.usage === undefined && usage === undefined) {
    const headings = usageHeadings.map((heading) => `"${heading}"`).join(', ')
    notice(
      `does not have a section with one of the usage headings (${headings}), so the usage text is not changed.`
    )
  }
  if (parts.about === undefined && about === undefined) {
    notice('contains only usage sections, so the about text is not changed.')
  }
  const source = { path, input: 'readme', base } as const
  return {
    ...(parts.about === undefined ? {} : { about: { ...source, text: parts.about } }),
    ...(parts.usage === undefined ? {} : { usage: { ...source, text: parts.usage } })
  }
}

function fitPart(
  part: 'about' | 'usage',
  source: SourceText | undefined,
  { inputs }: LocalContext
): { readonly text: string; readonly isTruncated: boolean } | undefined {
  if (source === undefined) return undefined
  const { text, path, input, base } = source
  if (text.length > MAX_TEXT_LENGTH && inputs.onTooLong === 'fail') {
    const section = sectionAtLimit(text)
    const place = section === undefined ? 'before the first heading' : `in section "${section}"`
    throw problem({
      what: `The ${part} text is too long`,
      value: path,
      reason: `It has ${text.length} characters, ${text.length - MAX_TEXT_LENGTH} too many. The limit is reached ${place}.`,
      expected: `Use at most ${MAX_TEXT_LENGTH} characters.`,
      fix: `Shorten it, set "${part}" to a shorter file, or set "on-too-long" to "truncate".`
    })
  }
  const address = base === undefined ? undefined : addressOfFile(base)
  return runMarkdownParser(path, input, () => fitText(text, address))
}

function resolveTemplate(template: string, name: string, { workspace }: LocalContext): string {
  const lastSegment = name.split('/').at(-1) ?? name
  return resolve(
    workspace,
    template.replaceAll('{repository}', () => name).replaceAll('{name}', () => lastSegment)
  )
}

async function resolveBase(
  path: string,
  context: LocalContext,
  annotations: Annotation[]
): Promise<LinkBase | undefined> {
  const { commit, workspace, inputs } = context
  const base = commit === undefined ? undefined : await findLinkBase(path, workspace, commit)
  if (base === undefined && inputs.absoluteLinks) {
    const reason =
      commit === undefined
        ? 'GITHUB_REPOSITORY and GITHUB_SHA are not set'
        : `${path} is outside of the workspace`
    annotations.push({
      level: 'notice',
      text: `${reason}, so relative links are not changed.`
    })
  }
  return base
}

function linkOptions(base: LinkBase | undefined, { inputs }: LocalContext): TextOptions {
  return { base: inputs.absoluteLinks ? base : undefined }
}

/** The maximum number of links that one warning names. */
const MAX_LISTED_LINKS = 5

function outsideWarnings(
  path: string,
  outside: readonly string[],
  context: LocalContext
): Annotation[] {
  if (outside.length === 0) return []
  const links = [...new Set(outside)]
  const others = links.length - MAX_LISTED_LINKS
  const listed = links.slice(0, MAX_LISTED_LINKS).join(', ')
  const text = `${displayPath(path, context)} has links that lead out of the repository and probably do not work: ${listed}${others > 0 ? ` and ${others} more` : ''}`
  return [{ level: 'warning', text }]
}

/** Returns a path as the workflow author writes it: relative to the workspace if the file is inside. */
function displayPath(path: string, { workspace }: LocalContext): string {
  return path.startsWith(`${workspace}/`) ? path.slice(workspace.length + 1) : path
}
