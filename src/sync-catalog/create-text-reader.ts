import { resolve } from 'node:path'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'
import { loadEmojiNames } from './emoji-names.js'
import { findLinkBase } from './find-commit.js'
import type { Commit } from './find-commit.js'
import { fitPart } from './fit-part.js'
import type { FitOptions, SourceText } from './fit-part.js'
import { findInputFile, getInputFile } from './input-file.js'
import { readReadme, readTextFile } from './markdown/catalog-texts.js'
import type { TextFindings, TextOptions } from './markdown/catalog-texts.js'
import { hasShortcodes } from './markdown/list-emoji-edits.js'
import type { LinkBase } from './markdown/resolve-relative-link.js'
import { readLogo } from './read-logo.js'
import { runMarkdownParser } from './run-markdown-parser.js'

/** The maximum size of a README, in bytes. GitHub itself shows 500 KiB of a README. */
const MAX_README_BYTES = 1024 * 1024

/** A notice or warning that the step shows. */
export interface Annotation {
  readonly level: 'notice' | 'warning'
  /** The sentences about one file or repository. */
  readonly text: string
  /** The sentence for several annotations of the same kind. By default, the text itself. */
  readonly kind?: string | undefined
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

async function readTexts(name: string, context: LocalContext): Promise<LocalTexts> {
  const annotations: Annotation[] = []
  const { about, usage, logo } = context.inputs
  const [aboutFile, usageFile] = await Promise.all([
    readPart('about', about, name, context, annotations),
    readPart('usage', usage, name, context, annotations)
  ])
  const readme = await readReadmeParts(name, context, annotations)
  const fitOptions: FitOptions = {
    onTooLong: context.inputs.onTooLong,
    displayPath: (path) => displayPath(path, context),
    annotations
  }
  const fitted = {
    aboutText: fitPart('about', aboutFile ?? readme.about, fitOptions),
    usageText: fitPart('usage', usageFile ?? readme.usage, fitOptions)
  }
  return {
    aboutText: fitted.aboutText?.text,
    usageText: fitted.usageText?.text,
    truncated: (['aboutText', 'usageText'] as const).filter((field) => fitted[field]?.isTruncated),
    logo: logo === undefined ? undefined : await readLogo(resolveTemplate(logo, name, context)),
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
  const bytes = await getInputFile(path, { input, maxBytes: MAX_README_BYTES })
  const base = await resolveBase(path, context, annotations)
  const options = await textOptions(bytes, base, context)
  const { text, ...findings } = runMarkdownParser(path, input, () => readTextFile(bytes, options))
  annotations.push(...warningsOf(findings, path, context))
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
  const file = { input: 'readme', maxBytes: MAX_README_BYTES }
  const bytes = readmeIsGiven ? await getInputFile(path, file) : await findInputFile(path, file)
  const notice = (text: string, kind: string): void =>
    void annotations.push({ level: 'notice', text: `${displayPath(path, context)} ${text}`, kind })
  if (bytes === undefined) {
    const text = 'does not exist, so the texts that come from it are not changed.'
    notice(text, `The README ${text}`)
    return {}
  }
  const base = await resolveBase(path, context, annotations)
  const options = await textOptions(bytes, base, context)
  const parts = runMarkdownParser(path, 'readme', () => readReadme(bytes, usageHeadings, options))
  annotations.push(...warningsOf(parts, path, context))
  if (parts.usage === undefined && usage === undefined) {
    const headings = usageHeadings.map((heading) => `"${heading}"`).join(', ')
    notice(
      `does not have a section with one of the usage headings (${headings}), so the usage text is not changed.`,
      'The README does not have a section with one of the usage headings, so the usage text is not changed.'
    )
  }
  if (parts.about === undefined && about === undefined) {
    const text = 'contains only usage sections, so the about text is not changed.'
    notice(text, `The README ${text}`)
  }
  const source = { path, input: 'readme', base } as const
  return {
    ...(parts.about === undefined ? {} : { about: { ...source, text: parts.about } }),
    ...(parts.usage === undefined ? {} : { usage: { ...source, text: parts.usage } })
  }
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
    const kind = 'Some files are outside of the workspace, so their relative links are not changed.'
    annotations.push({
      level: 'notice',
      text: `${reason}, so relative links are not changed.`,
      kind
    })
  }
  return base
}

async function textOptions(
  bytes: Uint8Array,
  base: LinkBase | undefined,
  { inputs, commit }: LocalContext
): Promise<TextOptions> {
  return {
    base: inputs.absoluteLinks ? base : undefined,
    shortRef: commit?.branch,
    emojiNames: hasShortcodes(Buffer.from(bytes).toString('latin1'))
      ? await loadEmojiNames()
      : undefined
  }
}

function warningsOf(
  { outside, unmatchedMarkers }: TextFindings,
  path: string,
  context: LocalContext
): Annotation[] {
  const warnings = outsideWarnings(path, outside, context)
  if (unmatchedMarkers.length === 0) return warnings
  const kind = 'A skip marker without its other half is kept.'
  const text = `${displayPath(path, context)} has skip markers without their other half, which are kept: ${[...new Set(unmatchedMarkers)].join(', ')}`
  return [...warnings, { level: 'warning', text, kind }]
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
  const kind = 'Links that lead out of the repository probably do not work.'
  return [{ level: 'warning', text, kind }]
}

/** Returns a path as the workflow author writes it: relative to the workspace if the file is inside. */
function displayPath(path: string, { workspace }: LocalContext): string {
  return path.startsWith(`${workspace}/`) ? path.slice(workspace.length + 1) : path
}
