import {
  addressOfFile,
  resolveRelativeLink
} from '../../../src/sync-catalog/markdown/resolve-relative-link.js'
import type { LinkBase } from '../../../src/sync-catalog/markdown/resolve-relative-link.js'

const github: LinkBase = {
  serverUrl: 'https://github.com',
  repository: 'acme/app',
  sha: 'c0ffee',
  path: 'docs/guide/README.md'
}
const enterprise: LinkBase = { ...github, serverUrl: 'https://git.example.com/' }
const PAGE = 'https://github.com/acme/app/blob/c0ffee'

describe('resolveRelativeLink', () => {
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
    expect(resolveRelativeLink(link, 'page', github)).toEqual({ url, isOutside: false })
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
    expect(resolveRelativeLink(link, 'page', github)).toBeUndefined()
  })

  it('resolves images to their raw form', () => {
    expect(resolveRelativeLink('../x.png', 'raw', github)?.url).toBe(
      'https://raw.githubusercontent.com/acme/app/c0ffee/docs/x.png'
    )
    expect(resolveRelativeLink('../x.png', 'raw', enterprise)?.url).toBe(
      'https://git.example.com/acme/app/raw/c0ffee/docs/x.png'
    )
    expect(resolveRelativeLink('x.md', 'page', enterprise)?.url).toBe(
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
    expect(resolveRelativeLink(link, 'raw', github)).toEqual({ url, isOutside })
  })

  it('encodes the directory of the file', () => {
    const odd = { ...github, path: 'a b/c#d/100%/README.md' }
    expect(resolveRelativeLink('x.md', 'page', odd)?.url).toBe(`${PAGE}/a%20b/c%23d/100%25/x.md`)
    expect(addressOfFile(odd)).toBe(`${PAGE}/a%20b/c%23d/100%25/README.md`)
  })
})
