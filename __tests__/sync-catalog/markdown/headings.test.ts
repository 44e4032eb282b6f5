import { parseDocument } from '../../../src/sync-catalog/markdown/document.js'
import { headingKey, headingKeys } from '../../../src/sync-catalog/markdown/headings.js'

describe('headingKey', () => {
  it.each([
    'Quick start',
    'QUICK START',
    'quick-start',
    'Quickstart',
    '🚀 Quick start',
    'Quick start 🚀',
    ':rocket: Quick start:',
    '1. Quick start',
    '1) Quick start',
    '2.3. Quick start',
    '2.3 Quick start',
    'IV. Quick start',
    'a) Quick start',
    '1️⃣ Quick start',
    '🇩🇪 Quick start',
    'Quick start!',
    'Quick start:',
    'Quick start?',
    '— Quick start —',
    'Quick  start',
    'Ｑｕｉｃｋ ｓｔａｒｔ',
    'Quick start {#quick}',
    'Quick start [toc]',
    'Quick start (back to top)',
    'Quick start ([top])',
    'Quick start (1) [toc] ↑',
    'Quick start: (optional)',
    'Quick start <a>',
    'Quick start（入門）',
    '(2) Quick start',
    '[2] Quick start',
    '#2 Quick start',
    '2 - Quick start',
    '2: Quick start',
    '2.Quick start',
    '3、Quick start',
    '② Quick start',
    'Quick start ¶',
    'Quick start 🔝',
    'Quick start #',
    '"Quick start"',
    '[Quick start]'
  ])('matches %j with "quick start"', (text) => {
    expect(headingKey(text)).toBe('quickstart')
  })

  it.each([
    'Quick starter',
    'A quick start',
    'Quick start guide',
    'Quick start (fast) guide',
    '2nd quick start',
    'Quick'
  ])('does not match %j with "quick start"', (text) => {
    expect(headingKey(text)).not.toBe('quickstart')
  })

  it('compares a heading that contains only emoji unchanged', () => {
    expect(headingKey('🚀')).not.toBe(headingKey('📦'))
  })
})

describe('headingKeys', () => {
  const matches = (source: string, name: string): boolean =>
    parseDocument(source).headings.some((heading) =>
      headingKeys(heading).includes(headingKey(name))
    )

  it.each([
    '## Usage [[toc]](#toc)',
    '## Usage ([back to top](#readme-top))',
    '## Usage <sup>[back to top](#top)</sup>',
    '## Usage [back to top](#top)',
    '## Usage [↑](#top)',
    '## Usage <a href="#top">Back to top</a>',
    '## Usage · <a href="#a">one</a> <A HREF="#b"><b>two</b></A>',
    '## Usage <sup><a href="#top">back to top</a></sup>',
    '## <a name="usage"> Usage <a href="#top">top</a>',
    '## <a href="#usage">Usage</a> <a href="#top">top</a>',
    '## <a href="#usage">Usage</a> [top](#top)',
    '## Usage [docs][] [more](x.md)\n\n[docs]: x.md',
    '## [Usage](#usage)',
    '## [Usage](#usage) [top](#top)',
    '## [↑](#top) Usage',
    '## [1.](#toc) Usage',
    '## ![](icon.svg) Usage ![](x.svg)',
    '## <img src="icon.svg"> Usage',
    '## <a id="usage"></a>Usage',
    '## **Usage**:',
    '## `Usage`',
    '## _1. Usage_ ##',
    '## :book: Usage :book:',
    'Usage ([top](#top))\n---',
    '<h2>Usage</h2>',
    '<h2 align="center">📖 Usage&nbsp;<a href="#top">back to top</a></h2>',
    '<h2 id="usage"><a href="#usage">Usage</a></h2>',
    '<h2>\n  Usage <!-- omit in toc -->\n</h2>',
    '## Usage<br>',
    '## Usage <!-- {docsify-ignore} -->',
    '## Usage · [top](#top)',
    '## <samp>Usage</samp>',
    '## ➤ Usage',
    '## § Usage ¶',
    '## ==Usage==',
    '## Usage\u3000'
  ])('find "Usage" in %j', (source) => {
    expect(matches(source, 'Usage')).toBe(true)
    expect(matches(source, '## usage [toc]')).toBe(true)
  })

  it.each([
    '## Usage with [Docker](x.md)',
    '## [API](x.md) Usage notes',
    '## Usage [in](x.md) detail',
    '## Usage <a href="x.md">in</a> detail',
    '## Usage <abbr>guide</abbr>',
    '## Usage <a href="x.md">guide',
    '## Usages',
    '<h2>Usage <a href="x">of</a> tools</h2>'
  ])('do not find "Usage" in %j', (source) => {
    expect(matches(source, 'Usage')).toBe(false)
  })
})
