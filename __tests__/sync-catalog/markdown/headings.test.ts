import { headingKey } from '../../../src/sync-catalog/markdown/headings.js'

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
    'Quick start {#quick}'
  ])('matches %j with "quick start"', (text) => {
    expect(headingKey(text)).toBe('quickstart')
  })

  it.each(['Quick starter', 'A quick start', 'Quick start guide', 'Quick'])(
    'does not match %j with "quick start"',
    (text) => {
      expect(headingKey(text)).not.toBe('quickstart')
    }
  )

  it('compares a heading that contains only emoji unchanged', () => {
    expect(headingKey('🚀')).not.toBe(headingKey('📦'))
  })
})
