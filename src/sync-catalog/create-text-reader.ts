import { realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { problem } from '../runner/errors.js'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'
import { relativeInside } from '../runner/local-path-rules.js'
import { workspaceOf } from '../runner/read-local-file.js'
import { describeFaults, describeUnknownBase, missingLinks } from './describe-links.js'
import type { MissingLinks } from './describe-links.js'
import { findLinkBase } from './find-link-base.js'
import { describeReadmes, findMarkdownFile, getMarkdownFile } from './markdown-file.js'
import type { MarkdownInput } from './markdown-file.js'
import {
  fitText,
  MAX_TEXT_LENGTH,
  readReadme,
  readTextFile,
  sectionAtLimit
} from './markdown/catalog-texts.js'
import type { PartText } from './markdown/catalog-texts.js'
import type { FaultyLink } from './markdown/list-link-edits.js'
import { addressOfFile } from './markdown/resolve-link.js'
import type { LinkBase } from './markdown/resolve-link.js'
import { readLogo } from './read-logo.js'
import type { Source } from './read-source.js'
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
  readonly missingLinks: readonly MissingLinks[]
}

/** The inputs that name local files, and the repository of the workflow. */
export interface LocalContext {
  readonly inputs: SyncCatalogInputs
  readonly source: Source | undefined
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
  readonly part: PartText
  readonly path: string
  /** The input that names the file, for errors. */
  readonly input: MarkdownInput
  readonly base: LinkBase | undefined
}

/** The messages about the files of a repository. */
interface Messages {
  readonly annotations: Annotation[]
  readonly missingLinks: MissingLinks[]
}

async function readTexts(name: string, context: LocalContext): Promise<LocalTexts> {
  const messages: Messages = { annotations: [], missingLinks: [] }
  const { about, usage, logo } = context.inputs
  const [aboutFile, usageFile] = await Promise.all([
    readPart('about', about, name, context, messages),
    readPart('usage', usage, name, context, messages)
  ])
  const readme = await readReadmeParts(name, context, messages)
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
    ...messages
  }
}

/** Reads the file of input `about` or `usage`. */
async function readPart(
  input: 'about' | 'usage',
  template: string | undefined,
  name: string,
  context: LocalContext,
  messages: Messages
): Promise<SourceText | undefined> {
  if (template === undefined) return undefined
  const path = resolveTemplate(template, name, context)
  const file = await getMarkdownFile(path, input, context.env)
  const base = await resolveBase(file.path, path, context, messages)
  const { part, faults } = runMarkdownParser(path, input, () => readTextFile(file.bytes, { base }))
  addFaults(path, faults, context, messages)
  return { part, path, input, base }
}

async function readReadmeParts(
  name: string,
  context: LocalContext,
  messages: Messages
): Promise<{ readonly about?: SourceText; readonly usage?: SourceText }> {
  const { readme, readmeIsGiven, about, usage, usageHeadings } = context.inputs
  if (about !== undefined && usage !== undefined && !readmeIsGiven) return {}
  const path = resolveTemplate(readme, name, context)
  const read = readmeIsGiven ? getMarkdownFile : findMarkdownFile
  const file = await read(path, 'readme', context.env)
  const notice = (text: string): void =>
    void messages.annotations.push({
      level: 'notice',
      text: `${displayPath(path, context)} ${text}`
    })
  if (file === undefined) {
    const others = await describeReadmes(context.env)
    notice(`does not exist, so the texts that come from it are not changed. ${others}`)
    return {}
  }
  const base = await resolveBase(file.path, path, context, messages)
  const parts = runMarkdownParser(path, 'readme', () =>
    readReadme(file.bytes, usageHeadings, { base })
  )
  addFaults(path, parts.faults, context, messages)
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
    ...(parts.about === undefined ? {} : { about: { ...source, part: parts.about } }),
    ...(parts.usage === undefined ? {} : { usage: { ...source, part: parts.usage } })
  }
}

function fitPart(
  field: 'about' | 'usage',
  source: SourceText | undefined,
  { inputs }: LocalContext
): { readonly text: string; readonly isTruncated: boolean } | undefined {
  if (source === undefined) return undefined
  const { part, path, input, base } = source
  const { length } = part.text
  if (length > MAX_TEXT_LENGTH && inputs.onTooLong === 'fail') {
    const section = sectionAtLimit(part.text)
    const place = section === undefined ? 'before the first heading' : `in section "${section}"`
    throw problem({
      what: `The ${field} text is too long`,
      value: path,
      reason: `It has ${length} characters, ${length - MAX_TEXT_LENGTH} too many. The limit is reached ${place}.`,
      expected: `Use at most ${MAX_TEXT_LENGTH} characters.`,
      fix: `Shorten it, set "${field}" to a shorter file, or set "on-too-long" to "truncate".`
    })
  }
  const address = base === undefined ? undefined : addressOfFile(base)
  return runMarkdownParser(path, input, () => fitText(part, address))
}

function resolveTemplate(template: string, name: string, { env }: LocalContext): string {
  const lastSegment = name.split('/').at(-1) ?? name
  return resolve(
    workspaceOf(env),
    template.replaceAll('{repository}', () => name).replaceAll('{name}', () => lastSegment)
  )
}

/** Returns the location that relative links start from, or `undefined` if they are not changed. */
async function resolveBase(
  realPath: string,
  path: string,
  context: LocalContext,
  { annotations }: Messages
): Promise<LinkBase | undefined> {
  const { source, env, inputs } = context
  if (!inputs.absoluteLinks) return undefined
  const result =
    source === undefined
      ? ({ reason: 'no-source' } as const)
      : findLinkBase(realPath, await realpath(workspaceOf(env)), source)
  if ('base' in result) return result.base
  annotations.push(describeUnknownBase(displayPath(path, context), result.reason))
  return undefined
}

function addFaults(
  path: string,
  faults: readonly FaultyLink[],
  context: LocalContext,
  { annotations, missingLinks: missing }: Messages
): void {
  const file = displayPath(path, context)
  annotations.push(...describeFaults(file, faults))
  missing.push(...missingLinks(file, faults))
}

/** Returns a path as the workflow author writes it: relative to the workspace if the file is inside. */
function displayPath(path: string, { env }: LocalContext): string {
  const inside = relativeInside(workspaceOf(env), path)
  return inside?.split(sep).join('/') ?? path
}
