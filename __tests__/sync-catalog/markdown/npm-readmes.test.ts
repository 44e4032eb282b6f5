import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fitText, MAX_TEXT_LENGTH } from '../../../src/sync-catalog/markdown/catalog-texts.js'
import { readReadme, readTextFile } from '../../helpers/catalog-texts.js'
import { decodeText, withoutFrontMatter } from '../../../src/sync-catalog/markdown/decode-text.js'
import { isSoak, SEED, tellCounts } from '../../helpers/counts.js'
import { renderReadme } from '../../helpers/rendered-readme.js'
import type { RenderedLink } from '../../helpers/rendered-readme.js'
import { downloadReadmes } from './npm-packages.js'
import type { NpmReadme } from './npm-packages.js'

const BASE = {
  serverUrl: 'https://github.com',
  repository: 'acme/app',
  ref: 'c0ffee',
  path: 'README.md'
}
const REPOSITORY = 'https://github.com/acme/app'
const PAGE = `${REPOSITORY}/blob/c0ffee/README.md`
const HEADINGS = ['Usage', 'Use', 'Quick start', 'Getting started', 'How to use']

/** Returns the READMEs of the packages that are installed for development. */
function listInstalled(count: number): NpmReadme[] {
  const modules = join(import.meta.dirname, '..', '..', '..', 'node_modules')
  const readmes = readdirSync(modules)
    .flatMap((name) => ['README.md', 'readme.md'].map((file) => join(name, file)))
    .filter((path) => existsSync(join(modules, path)))
    .map((path): NpmReadme => ({ name: path, bytes: readFileSync(join(modules, path)) }))
    .filter(({ bytes }) => bytes.length > 3000)
  const step = Math.max(1, Math.floor(readmes.length / count))
  return readmes.filter((_readme, at) => at % step === 0)
}

/** Returns the URL that a link of the README has on GitHub. */
function urlOnGithub({ form, url }: RenderedLink): string {
  if (/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(url)) {
    const isPage =
      form === 'raw' && /^https?:\/\/(?:www\.)?github\.com\/[^/]+\/[^/]+\/blob\//.test(url)
    return plain(isPage ? url.replace('/blob/', '/raw/') : url)
  }
  const view = form === 'raw' ? 'raw' : 'blob'
  const base = `${REPOSITORY}/${view}/c0ffee/README.md`
  const resolved = new URL(url.startsWith('/') ? `.${url}` : url, base).href
  // The root of the repository is a directory.
  return plain(resolved.replace(/\/(?:blob|raw)\/c0ffee\/?$/, '/tree/c0ffee'))
}

/** Decodes a URL, since renderers differ in the characters that they encode. */
function plain(url: string): string {
  try {
    return decodeURIComponent(url)
  } catch {
    return url
  }
}

const idOf = (url: string): string => plain(url.slice(url.indexOf('#') + 1))
/** An empty link leads to the page that contains it, as an anchor does, so it is not changed. */
const isAnchorLink = ({ url }: RenderedLink): boolean => url === '' || url.startsWith('#')
const isReadmeLink = ({ url }: RenderedLink): boolean => url.startsWith(`${PAGE}#`)

/** Returns the faults of the texts of a README, as an independent renderer sees them. */
function listFaults(bytes: Buffer): string[] {
  const original = renderReadme(withoutFrontMatter(decodeText(bytes)))
  const { about, usage } = readReadme(bytes, HEADINGS, { base: BASE })
  const parts = [about, usage].flatMap((part) => part ?? [])
  const rendered = parts.map(({ text }) => renderReadme(text))
  const faults: string[] = []
  const allBlocks = new Set(rendered.flatMap((part) => part.blocks))
  for (const block of original.blocks) if (!allBlocks.has(block)) faults.push(`lost: ${block}`)
  const links = rendered.flatMap((part) => part.links)
  const urls = new Set(links.map(({ url }) => plain(url)))
  for (const link of original.links.filter((found) => !isAnchorLink(found)))
    if (!urls.has(urlOnGithub(link))) faults.push(`no link ${urlOnGithub(link)}`)
  const expected = new Set(original.links.map(urlOnGithub))
  for (const link of links.filter((found) => !isAnchorLink(found) && !isReadmeLink(found)))
    if (!expected.has(plain(link.url))) faults.push(`another link ${link.url}`)
  for (const part of parts) {
    if (readTextFile(Buffer.from(part.text), { base: BASE }).part.text !== part.text)
      faults.push('changes when it is converted again')
    const { text: fitted, isTruncated } = fitText(part, PAGE)
    if (fitText({ text: part.text, anchors: part.anchors }, PAGE).text !== fitted)
      faults.push('the cut of the beginning differs from the cut of the whole text')
    if (Array.from(fitted).length > MAX_TEXT_LENGTH) faults.push('above the limit')
    const cut = renderReadme(fitted)
    // Comments are not shown. They are emptied before a cut, and replace definitions that are not needed.
    const shown = (blocks: readonly string[]): string[] =>
      blocks.map((block) => block.replace(/<!--[^]*?-->/g, '')).filter((block) => block !== '')
    if (!isBeginning(shown(cut.blocks), shown(renderReadme(part.text).blocks), isTruncated))
      faults.push('the cut changes a block')
    if (isTruncated && fitted.length < MAX_TEXT_LENGTH * 0.9) faults.push('the cut is too early')
    const written = (link: RenderedLink): boolean => expected.has(plain(link.url))
    const changed = cut.links.filter((link) => isAnchorLink(link) || !written(link))
    faults.push(...deadLinks(changed, cut.anchors, original.anchors))
  }
  return faults
}

/** Returns `true` if blocks are the first ones of a text, with one cut block, end tags and the notice after them. */
function isBeginning(
  blocks: readonly string[],
  whole: readonly string[],
  isTruncated: boolean
): boolean {
  if (!isTruncated) return blocks.join('\0') === whole.join('\0')
  const first = blocks.findIndex((block, at) => block !== whole[at])
  const [cut = '', ...rest] = blocks.slice(first, -1)
  const isEnd = (block: string): boolean => /^(?:\s*<\/[a-z\d]+>)*$/.test(block)
  const isCut = whole[first]?.startsWith(cut.replace(/[*_`~]*(?:\s*<\/[a-z\d]+>)*$/, '')) === true
  return (isCut || isEnd(cut)) && rest.every(isEnd)
}

/** Returns the links to anchors that work in the README but not in the text. */
function deadLinks(
  links: readonly RenderedLink[],
  own: ReadonlySet<string>,
  original: ReadonlySet<string>
): string[] {
  const lower = new Set(Array.from(original, (id) => id.toLowerCase()))
  const isDead = (link: RenderedLink): boolean => {
    const id = idOf(link.url)
    if (isReadmeLink(link)) return !lower.has(id.toLowerCase())
    return isAnchorLink(link) && !own.has(id) && lower.has(id.toLowerCase())
  }
  return links.filter(isDead).map(({ url }) => `dead link ${url}`)
}

it('READMEs of npm packages arrive whole, linked and within the limit', async () => {
  const downloaded = isSoak ? await downloadReadmes() : []
  const readmes = [...listInstalled(isSoak ? 100 : 8), ...downloaded]
  expect(readmes.length).toBeGreaterThanOrEqual(isSoak ? 160 : 8)
  const faults = readmes.map(({ name, bytes }) => [name, listFaults(bytes)] as const)
  expect(faults.filter(([, found]) => found.length > 0)).toEqual([])
  tellCounts('READMEs of npm packages', { READMEs: readmes.length }, SEED)
}, 1_800_000)
