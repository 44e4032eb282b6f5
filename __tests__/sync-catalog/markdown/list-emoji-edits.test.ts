import { nameToEmoji } from 'gemoji'
import { loadEmojiNames } from '../../../src/sync-catalog/emoji-names.js'
import { parseDocument } from '../../../src/sync-catalog/markdown/document.js'
import { applyEdits } from '../../../src/sync-catalog/markdown/edits.js'
import {
  hasShortcodes,
  listEmojiEdits
} from '../../../src/sync-catalog/markdown/list-emoji-edits.js'
import { listBlockTexts } from '../../helpers/markdown-facts.js'

async function convert(text: string): Promise<string> {
  return applyEdits(text, listEmojiEdits(parseDocument(text), await loadEmojiNames()))
}

describe('emoji shortcodes', () => {
  it.each([
    [':rocket: Go', '🚀 Go'],
    ['## :rocket: Go :tada:', '## 🚀 Go 🎉'],
    ['a:rocket:b', 'a🚀b'],
    [':white_check_mark: :+1: :-1: :e-mail: :100:', '✅ 👍 👎 📧 💯'],
    [':white\\_check\\_mark:', '✅'],
    ['**:rocket:** [:tada: x](y.md)', '**🚀** [🎉 x](y.md)'],
    ['[:tada: x][y]\n\n[y]: y.md', '[🎉 x][y]\n\n[y]: y.md'],
    ['| :x: |\n|:---:|\n| :o: |', '| ❌ |\n|:---:|\n| ⭕ |'],
    ['<p align="center">:star: <b>:zap:</b></p>', '<p align="center">⭐ <b>⚡</b></p>'],
    ['<table><tr><td>:x:</td></tr></table>', '<table><tr><td>❌</td></tr></table>'],
    ['- > :x:', '- > ❌']
  ])('become characters in %j', async (text, converted) => {
    expect(await convert(text)).toBe(converted)
  })

  it.each([
    '`:rocket:`',
    '```\n:rocket:\n```',
    '    :rocket:',
    '<code>:rocket:</code>',
    '<pre>\n:rocket:\n</pre>',
    'a <code>b :rocket:</code>',
    '<!-- :rocket: -->',
    '<img alt=":rocket:" src="x">',
    '![:rocket:](x.png)',
    '[x](:rocket:)',
    'https://example.com/:rocket:',
    '<https://example.com/:rocket:>',
    '[:rocket:]\n\n[:rocket:]: x.md',
    '\\:rocket:',
    ':octocat: :shipit:',
    ':unknown: :Rocket: a::b 10:30:15',
    ':constructor: :toString:',
    'http://[::1]:80/:x'
  ])('are kept in %j', async (text) => {
    expect(await convert(text)).toBe(text)
  })

  it('are complete: every shortcode of GitHub with a character is converted', async () => {
    const names = await loadEmojiNames()
    for (const [name, character] of Object.entries(nameToEmoji)) {
      expect([name, names[name]?.replace('\ufe0f', '')]).toEqual([
        name,
        character.replace('\ufe0f', '')
      ])
    }
  })

  it('never become markup', async () => {
    for (const name of Object.keys(await loadEmojiNames())) {
      const converted = await convert(`:${name}:a:${name}:b :${name}:\n`)
      expect(listBlockTexts(converted)).toEqual([converted.replaceAll('\\', '').trim()])
      expect(await convert(converted)).toBe(converted)
    }
  })

  it('are looked up only in texts that can have them', () => {
    expect(hasShortcodes('a :rocket: b')).toBe(true)
    expect(hasShortcodes('a: b c: d')).toBe(false)
  })
})
