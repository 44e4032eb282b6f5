import type { EmojiNames } from './markdown/list-emoji-edits.js'

/** The shortcodes of GitHub that `markdown-it-emoji` lacks: the ideographs in squares. */
const IDEOGRAPHS: EmojiNames = {
  u5272: '🈹',
  u5408: '🈴',
  u55b6: '🈺',
  u6307: '🈯️',
  u6708: '🈷️',
  u6709: '🈶',
  u7121: '🈚️',
  u7533: '🈸',
  u7981: '🈲',
  u7a7a: '🈳'
}

/**
 * Returns the characters of GitHub's emoji shortcodes (https://github.com/github/gemoji). They are loaded only for texts
 * that have shortcodes. The package `gemoji` has the same names, but its data is seven times as large.
 */
export async function loadEmojiNames(): Promise<EmojiNames> {
  const { default: names } = await import('markdown-it-emoji/lib/data/full.mjs')
  return { ...names, ...IDEOGRAPHS }
}
