import { resolve } from 'node:path'
import {
  fitText,
  MAX_TEXT_LENGTH,
  readReadme,
  readTextFile,
  sectionAtLimit
} from './markdown/catalog-texts.js'
import { findLogoFault, MAX_LOGO_BYTES } from './check-logo.js'
import { addressOfFile } from './markdown/resolve-link.js'
import type { LinkBase } from './markdown/resolve-link.js'
import { problem } from '../runner/errors.js'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'
import { findLinkBase } from './find-commit.js'
import type { Commit } from './find-commit.js'
import { findFile, getFile } from './read-file.js'
import { readText } from './read-text.js'

/** The most bytes of a README: GitHub itself shows 500 KiB of one. */
const MAX_README_BYTES = 1024 * 1024

/** Something to tell, beside the plan. */
export interface Note {
  readonly level: 'notice' | 'warning'
  readonly text: string
}

/** What the local files say of a repository; what is `undefined` is left as it is in the gallery. */
export interface LocalTexts {
  readonly aboutText: string | undefined
  readonly usageText: string | undefined
  /** The texts that were cut. */
  readonly truncated: readonly ('aboutText' | 'usageText')[]
  readonly logo: Buffer | undefined
  readonly notes: readonly Note[]
}

/** Where local files are and how they are read. */
export interface LocalContext {
  readonly inputs: SyncCatalogInputs
  /** Absolute; relative paths are from here. */
  readonly workspace: string
  readonly commit: Commit | undefined
}

/**
 * How much of what was read is kept for when it is written, in UTF-16 code units and bytes of logos. What finds no
 * room is read again, so that a step for all repositories of a registry needs no more memory than one for a few.
 */
const KEPT_LENGTH = 20_000_000

/** Reads the local files of repositories; files that are the same for all are read once. */
export function createTextReader(
  context: LocalContext
): (repositoryName: string) => Promise<LocalTexts> {
  const { readme, about, usage, logo } = context.inputs
  const isPerRepository = [readme, about, usage, logo].some((path) =>
    /\{(?:repository|name)\}/.test(path ?? '')
  )
  const kept = new Map<string, Promise<LocalTexts>>()
  let room = KEPT_LENGTH
  return async (name) => {
    const key = isPerRepository ? name : ''
    const found = kept.get(key)
    if (found !== undefined) return found
    const reading = readTexts(name, context)
    kept.set(key, reading)
    if (isPerRepository) {
      room -= lengthOf(await reading)
      if (room < 0) kept.delete(key)
    }
    return reading
  }
}

function lengthOf({ aboutText = '', usageText = '', logo }: LocalTexts): number {
  return aboutText.length + usageText.length + (logo?.length ?? 0)
}

/** A text and the file that it is from. */
interface Source {
  readonly text: string
  readonly path: string
  readonly base: LinkBase | undefined
}

async function readTexts(name: string, context: LocalContext): Promise<LocalTexts> {
  const notes: Note[] = []
  const { about, usage, logo } = context.inputs
  const [aboutFile, usageFile] = await Promise.all([
    readOne('about', about, name, context, notes),
    readOne('usage', usage, name, context, notes)
  ])
  const readme = await readReadmeParts(name, context, notes)
  const fitted = {
    aboutText: fit('about', aboutFile ?? readme.about, context),
    usageText: fit('usage', usageFile ?? readme.usage, context)
  }
  return {
    aboutText: fitted.aboutText?.text,
    usageText: fitted.usageText?.text,
    truncated: (['aboutText', 'usageText'] as const).filter((field) => fitted[field]?.isTruncated),
    logo: logo === undefined ? undefined : await readLogo(pathFor(logo, name, context)),
    notes
  }
}

async function readOne(
  input: 'about' | 'usage',
  template: string | undefined,
  name: string,
  context: LocalContext,
  notes: Note[]
): Promise<Source | undefined> {
  if (template === undefined) return undefined
  const path = pathFor(template, name, context)
  const bytes = await getFile(path, { input, maxBytes: MAX_README_BYTES })
  const base = await baseFor(path, context, notes)
  const { text, outside } = readText(path, input, () =>
    readTextFile(bytes, linkOptions(base, context))
  )
  notes.push(...outsideNotes(path, outside, context))
  return { text, path, base }
}

async function readReadmeParts(
  name: string,
  context: LocalContext,
  notes: Note[]
): Promise<{ readonly about?: Source; readonly usage?: Source }> {
  const { readme, readmeIsGiven, about, usage, usageHeadings } = context.inputs
  const isReplaced = about !== undefined && usage !== undefined
  if (isReplaced && !readmeIsGiven) return {}
  const path = pathFor(readme, name, context)
  const wish = { input: 'readme', maxBytes: MAX_README_BYTES }
  const bytes = readmeIsGiven ? await getFile(path, wish) : await findFile(path, wish)
  if (bytes === undefined) {
    const text = `There is no ${shown(path, context)}: the texts that would be from it are left alone`
    notes.push({ level: 'notice', text })
    return {}
  }
  const base = await baseFor(path, context, notes)
  const parts = readText(path, 'readme', () =>
    readReadme(bytes, usageHeadings, linkOptions(base, context))
  )
  notes.push(...outsideNotes(path, parts.outside, context))
  if (parts.usage === undefined && usage === undefined) {
    const text = `${shown(path, context)} has no section ${usageHeadings.map((heading) => `"${heading}"`).join(', ')}: the usage text is left alone`
    notes.push({ level: 'notice', text })
  }
  if (parts.about === undefined && about === undefined) {
    const text = `${shown(path, context)} is about its use as a whole: the about text is left alone`
    notes.push({ level: 'notice', text })
  }
  return {
    ...(parts.about === undefined ? {} : { about: { text: parts.about, path, base } }),
    ...(parts.usage === undefined ? {} : { usage: { text: parts.usage, path, base } })
  }
}

function fit(
  part: 'about' | 'usage',
  source: Source | undefined,
  { inputs }: LocalContext
): { readonly text: string; readonly isTruncated: boolean } | undefined {
  if (source === undefined) return undefined
  const { text, path, base } = source
  if (text.length > MAX_TEXT_LENGTH && inputs.onTooLong === 'fail') {
    const section = sectionAtLimit(text)
    const where = section === undefined ? 'before the first heading' : `in the section "${section}"`
    throw problem({
      what: `The ${part} text is too long`,
      value: path,
      expected: `at most ${MAX_TEXT_LENGTH} characters; it has ${text.length}, ${text.length - MAX_TEXT_LENGTH} too many, and the limit falls ${where}`,
      fix: `shorten it, give a shorter file as "${part}", or set "on-too-long" to truncate`
    })
  }
  const address = base === undefined ? undefined : addressOfFile(base)
  return readText(path, part, () => fitText(text, address))
}

async function readLogo(path: string): Promise<Buffer> {
  const bytes = await getFile(path, { input: 'logo', maxBytes: MAX_LOGO_BYTES })
  const fault = findLogoFault(bytes)
  if (fault === undefined) return bytes
  throw problem({
    what: 'Input "logo" names a file that the gallery does not take',
    value: `${path}: ${fault.value}`,
    expected: fault.expected
  })
}

function pathFor(template: string, name: string, { workspace }: LocalContext): string {
  const last = name.split('/').at(-1) ?? name
  return resolve(
    workspace,
    template.replaceAll('{repository}', () => name).replaceAll('{name}', () => last)
  )
}

async function baseFor(
  path: string,
  context: LocalContext,
  notes: Note[]
): Promise<LinkBase | undefined> {
  const { commit, workspace, inputs } = context
  const base = commit === undefined ? undefined : await findLinkBase(path, workspace, commit)
  if (base === undefined && inputs.absoluteLinks) {
    const reason =
      commit === undefined
        ? 'GITHUB_REPOSITORY and GITHUB_SHA are not set'
        : `${path} lies outside of the workspace`
    notes.push({ level: 'notice', text: `${reason}, so relative links are left as they are` })
  }
  return base
}

function linkOptions(
  base: LinkBase | undefined,
  { inputs }: LocalContext
): { readonly base: LinkBase | undefined } {
  return { base: inputs.absoluteLinks ? base : undefined }
}

/** The most links that one note names. */
const MAX_LINKS = 5

function outsideNotes(path: string, outside: readonly string[], context: LocalContext): Note[] {
  if (outside.length === 0) return []
  const links = [...new Set(outside)]
  const more = links.length > MAX_LINKS ? ` and ${links.length - MAX_LINKS} more` : ''
  const text = `${shown(path, context)} has links that lead out of the repository, to where most likely nothing is: ${links.slice(0, MAX_LINKS).join(', ')}${more}`
  return [{ level: 'warning', text }]
}

/** A path as the user knows it. */
function shown(path: string, { workspace }: LocalContext): string {
  return path.startsWith(`${workspace}/`) ? path.slice(workspace.length + 1) : path
}
