import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import pLimit from 'p-limit'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'
import { limitMemory } from '../runner/limit-memory.js'
import { workspaceOf } from '../runner/read-local-file.js'
import type { Annotation } from './annotation.js'
import { describeFaults, describeUnknownBase, missingLinks } from './describe-links.js'
import type { MissingLinks } from './describe-links.js'
import { displayLocalPath } from './display-local-path.js'
import { loadEmojiNames } from './emoji-names.js'
import { findLinkBase } from './find-link-base.js'
import { fitPart } from './fit-part.js'
import type { FitOptions, SourceText } from './fit-part.js'
import { describeReadmes, findMarkdownFile, getMarkdownFile } from './markdown-file.js'
import { readReadme, readTextFile } from './markdown/catalog-texts.js'
import type { ReadmeTexts, TextFindings, TextOptions } from './markdown/catalog-texts.js'
import { hasShortcodes } from './markdown/list-emoji-edits.js'
import type { LinkBase } from './markdown/resolve-link.js'
import { readLogo } from './read-logo.js'
import type { Source } from './read-source.js'
import { PARSER_MEMORY_BYTES, runMarkdownSteps } from './run-markdown-parser.js'

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
 * The maximum size in bytes of the texts and logos that are kept in memory until they are written. Files beyond it are read
 * again, so that the number of repositories does not determine the memory use.
 */
const MAX_CACHED_BYTES = 20_000_000

/** Creates a function that reads the local files of a repository. Files that all repositories share are read once. */
export function createTextReader(
  context: LocalContext
): (repositoryName: string) => Promise<LocalTexts> {
  const { readme, about, usage, logo } = context.inputs
  const isPerRepository = [readme, about, usage, logo].some((path) =>
    /\{(?:repository|name)\}/.test(path ?? '')
  )
  return isPerRepository ? createCachingReader(context) : readOnce(context)
}

function readOnce(context: LocalContext): (repositoryName: string) => Promise<LocalTexts> {
  let texts: Promise<LocalTexts> | undefined
  return (name) => (texts ??= readTexts(name, context))
}

/** The cache contains serialized texts. V8 keeps a whole file in memory as long as a part of it, such as a link, is used. */
function createCachingReader(
  context: LocalContext
): (repositoryName: string) => Promise<LocalTexts> {
  const cache = new Map<string, Buffer>()
  let remainingBytes = MAX_CACHED_BYTES
  const readInTurn = pLimit(1)
  return async (name) => {
    await limitMemory(PARSER_MEMORY_BYTES)
    let serialized = cache.get(name)
    if (serialized === undefined) {
      serialized = await readInTurn(async () => serialize(await readTexts(name, context)))
      remainingBytes -= serialized.length
      if (remainingBytes >= 0) cache.set(name, serialized)
    }
    return deserialize(serialized) as LocalTexts
  }
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
  // The parsed README is garbage now, and texts that are too long are parsed again.
  await limitMemory(PARSER_MEMORY_BYTES)
  const fitOptions: FitOptions = {
    onTooLong: context.inputs.onTooLong,
    displayPath: (path) => displayPath(path, context),
    annotations: messages.annotations
  }
  const fitted = {
    aboutText: fitPart('about', aboutFile ?? readme.about, fitOptions),
    usageText: fitPart('usage', usageFile ?? readme.usage, fitOptions)
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
  const options = await textOptions(file.bytes, base, context)
  const { part, ...findings } = await runMarkdownSteps(
    path,
    input,
    readTextFile(file.bytes, options)
  )
  addFindings(path, findings, context, messages)
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
  if (file === undefined) {
    const what = 'does not exist, so the texts that come from it are not changed.'
    const text = `${displayPath(path, context)} ${what} ${await describeReadmes(context.env)}`
    messages.annotations.push({ level: 'notice', text, kind: `The README ${what}` })
    return {}
  }
  const base = await resolveBase(file.path, path, context, messages)
  const options = await textOptions(file.bytes, base, context)
  const parts = await runMarkdownSteps(
    path,
    'readme',
    readReadme(file.bytes, usageHeadings, options)
  )
  addFindings(path, parts, context, messages)
  messages.annotations.push(...absenceNotices(parts, displayPath(path, context), context.inputs))
  const source = { path, input: 'readme', base } as const
  return {
    ...(parts.about === undefined ? {} : { about: { ...source, part: parts.about } }),
    ...(parts.usage === undefined ? {} : { usage: { ...source, part: parts.usage } })
  }
}

/** Returns the notices about the texts that a README does not have, if it is the only source for them. */
function absenceNotices(
  parts: ReadmeTexts,
  path: string,
  { about, usage, usageHeadings }: SyncCatalogInputs
): Annotation[] {
  const notices: Annotation[] = []
  const add = (text: string, kind: string): void =>
    void notices.push({ level: 'notice', text: `${path} ${text}`, kind: `The README ${kind}` })
  if (parts.usage === undefined && usage === undefined) {
    const headings = usageHeadings.map((heading) => `"${heading}"`).join(', ')
    const text = 'does not have a section with one of the usage headings'
    const end = ', so the usage text is not changed.'
    add(`${text} (${headings})${end}`, text + end)
  }
  if (parts.about === undefined && about === undefined) {
    const text = 'contains only usage sections, so the about text is not changed.'
    add(text, text)
  }
  return notices
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

async function textOptions(
  bytes: Uint8Array,
  base: LinkBase | undefined,
  { source }: LocalContext
): Promise<TextOptions> {
  // The branch is of no use for another repository, or for a ref that the author chose.
  const isOwnCommit =
    source !== undefined && base?.repository === source.repository && base.ref === source.sha
  return {
    base,
    shortRef: isOwnCommit ? source.branch : undefined,
    emojiNames: hasShortcodes(Buffer.from(bytes).toString('latin1'))
      ? await loadEmojiNames()
      : undefined
  }
}

function addFindings(
  path: string,
  { faults, unmatchedMarkers }: TextFindings,
  context: LocalContext,
  { annotations, missingLinks: missing }: Messages
): void {
  const file = displayPath(path, context)
  annotations.push(...describeFaults(file, faults))
  missing.push(...missingLinks(file, faults))
  if (unmatchedMarkers.length === 0) return
  const kind = 'A skip marker without its other half is kept.'
  const text = `${file} has skip markers without their other half, which are kept: ${[...new Set(unmatchedMarkers)].join(', ')}`
  annotations.push({ level: 'warning', text, kind })
}

function displayPath(path: string, { env }: LocalContext): string {
  return displayLocalPath(path, workspaceOf(env))
}
