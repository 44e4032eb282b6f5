import { addressOfFile, resolveLink } from '../../../src/sync-catalog/markdown/resolve-link.js'
import type { FileLocation, LinkBase } from '../../../src/sync-catalog/markdown/resolve-link.js'

const github: LinkBase = {
  serverUrl: 'https://github.com',
  repository: 'acme/app',
  ref: 'c0ffee',
  path: 'docs/guide/README.md'
}
const enterprise: LinkBase = { ...github, serverUrl: 'https://git.example.com/' }
const PAGE = 'https://github.com/acme/app/blob/c0ffee'

describe('resolveLink', () => {
  it.each([
    ['x.md', `${PAGE}/docs/guide/x.md`],
    ['./x.md', `${PAGE}/docs/guide/x.md`],
    ['../x.md', `${PAGE}/docs/x.md`],
    ['../../x.md', `${PAGE}/x.md`],
    ['%2e%2e/x.md', `${PAGE}/docs/x.md`],
    ['/x.md', `${PAGE}/x.md`],
    ['sub/', `${PAGE}/docs/guide/sub/`],
    ['..', `${PAGE}/docs`],
    ['../..', 'https://github.com/acme/app/tree/c0ffee'],
    ['/', 'https://github.com/acme/app/tree/c0ffee'],
    ['?plain=1', `${PAGE}/docs/guide/README.md?plain=1`],
    ['x.md?a=1&b=2#part', `${PAGE}/docs/guide/x.md?a=1&b=2#part`],
    ['a b.md', `${PAGE}/docs/guide/a%20b.md`],
    ['a%20b.md', `${PAGE}/docs/guide/a%20b.md`],
    ['100%.md', `${PAGE}/docs/guide/100%25.md`],
    ['a(b).md', `${PAGE}/docs/guide/a%28b%29.md`],
    ['a"<>\'`.md', `${PAGE}/docs/guide/a%22%3C%3E%27%60.md`],
    ['sub\\x.md', `${PAGE}/docs/guide/sub/x.md`],
    ['日本.md#日', `${PAGE}/docs/guide/%E6%97%A5%E6%9C%AC.md#%E6%97%A5`],
    ['\ud800.md', `${PAGE}/docs/guide/%EF%BF%BD.md`],
    ['a//b.md', `${PAGE}/docs/guide/a/b.md`],
    ['  x.md  ', `${PAGE}/docs/guide/x.md`]
  ])('resolves %j to %s', (link, url) => {
    expect(resolveLink(link, 'page', github)).toEqual({ url, fault: undefined })
  })

  it.each([
    '',
    ' ',
    '#part',
    'https://example.com/x',
    'HTTP://example.com',
    '//example.com/x',
    '\\\\host\\x',
    'mailto:a@example.com',
    'data:image/png;base64,AA==',
    'tel:1',
    'vscode:extension/x'
  ])('does not resolve %j', (link) => {
    expect(resolveLink(link, 'page', github)).toBeUndefined()
  })

  it('resolves images to their raw form', () => {
    expect(resolveLink('../x.png', 'raw', github)?.url).toBe(
      'https://github.com/acme/app/raw/c0ffee/docs/x.png'
    )
    expect(resolveLink('../x.png', 'raw', enterprise)?.url).toBe(
      'https://git.example.com/acme/app/raw/c0ffee/docs/x.png'
    )
    expect(resolveLink('x.md', 'page', enterprise)?.url).toBe(
      'https://git.example.com/acme/app/blob/c0ffee/docs/guide/x.md'
    )
  })

  it.each([
    ['../../../../issues', 'https://github.com/acme/app/issues', false],
    [
      '../../../../actions/workflows/ci.yml/badge.svg',
      'https://github.com/acme/app/actions/workflows/ci.yml/badge.svg',
      false
    ],
    ['../../../x.md', 'https://github.com/acme/app/blob/x.md', true],
    ['../../../../../other/x', 'https://github.com/acme/other/x', true],
    ['../../../../../../../../../x', 'https://github.com/x', true],
    ['/../x.md', 'https://github.com/acme/app/blob/x.md', true]
  ])('resolves %j, which leads out of the files, to %s', (link, url, isOutside) => {
    expect(resolveLink(link, 'raw', github)).toEqual({
      url,
      fault: isOutside ? 'outside' : undefined
    })
  })

  it.each([
    ['https://github.com/o/r/blob/main/a.png', 'https://github.com/o/r/raw/main/a.png'],
    ['http://www.GitHub.com/o/r/blob/main/a.png', 'http://www.GitHub.com/o/r/raw/main/a.png'],
    ['//github.com/o/r/blob/main/a.png', '//github.com/o/r/raw/main/a.png'],
    [
      'https://github.com/blob/blob/blob/blob/a.png?raw=true#x',
      'https://github.com/blob/blob/raw/blob/a.png?raw=true#x'
    ],
    ['../../../../blob/main/a.png', 'https://github.com/acme/app/raw/main/a.png']
  ])('resolves the image %s, whose URL is a page, to %s', (link, url) => {
    expect(resolveLink(link, 'raw', github)?.url).toBe(url)
  })

  it.each([
    'https://github.com/o/r/raw/main/a.png',
    'https://example.com/o/r/blob/main/a.png',
    'https://gist.github.com/o/r/blob/main/a.png',
    'https://github.com/o/blob/main/a.png',
    'https://example.com/?u=https://github.com/o/r/blob/main/a.png'
  ])('does not change the image %s', (link) => {
    expect(resolveLink(link, 'raw', github)).toBeUndefined()
  })

  it('does not change a link to a page, and changes images of the GitHub Enterprise server', () => {
    expect(resolveLink('https://github.com/o/r/blob/main/a.png', 'page', github)).toBeUndefined()
    expect(resolveLink('https://git.example.com/o/r/blob/main/a.png', 'raw', enterprise)?.url).toBe(
      'https://git.example.com/o/r/raw/main/a.png'
    )
  })

  it('names a branch with its slashes', () => {
    const base = { ...github, ref: 'feature/a#b 100%' }
    expect(resolveLink('x.md', 'page', base)?.url).toBe(
      'https://github.com/acme/app/blob/feature/a%23b%20100%25/docs/guide/x.md'
    )
    expect(resolveLink('/', 'page', base)?.url).toBe(
      'https://github.com/acme/app/tree/feature/a%23b%20100%25'
    )
  })

  it('resolves a file of another checkout, and reports files that do not exist', () => {
    const revision = { serverUrl: 'https://github.com', repository: 'o/lib', ref: 'abc' }
    const files: Readonly<Record<string, FileLocation>> = {
      'lib/a b.png': { exists: true, checkout: { revision, path: 'a b.png' } },
      lib: { exists: true, checkout: { revision, path: '' } },
      'lib/docs/': { exists: true, checkout: { revision, path: 'docs' } },
      'lib/missing.md': { exists: false, checkout: { revision, path: 'missing.md' } },
      'unknown/a.md': { exists: true, checkout: { revision: undefined, path: 'a.md' } }
    }
    const base = { ...github, findFile: (path: string) => files[path] ?? { exists: false } }
    const resolve = (link: string): unknown => resolveLink(link, 'page', base)
    expect(resolve('/lib/a%20b.png#x')).toEqual({
      url: 'https://github.com/o/lib/blob/abc/a%20b.png#x'
    })
    expect(resolve('/lib')).toEqual({ url: 'https://github.com/o/lib/tree/abc' })
    expect(resolve('/lib/docs/')).toEqual({ url: 'https://github.com/o/lib/blob/abc/docs/' })
    expect(resolve('/lib/missing.md')).toEqual({
      url: 'https://github.com/o/lib/blob/abc/missing.md',
      fault: 'missing'
    })
    expect(resolve('/unknown/a.md')).toEqual({ url: undefined, fault: 'unknown-checkout' })
    expect(resolve('/none.md')).toEqual({ url: `${PAGE}/none.md`, fault: 'missing' })
    expect(resolve('../../../../issues')).toEqual({ url: 'https://github.com/acme/app/issues' })
  })

  it('encodes the directory of the file', () => {
    const odd = { ...github, path: 'a b/c#d/100%/README.md' }
    expect(resolveLink('x.md', 'page', odd)?.url).toBe(`${PAGE}/a%20b/c%23d/100%25/x.md`)
    expect(addressOfFile(odd)).toBe(`${PAGE}/a%20b/c%23d/100%25/README.md`)
  })
})
