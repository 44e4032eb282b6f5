import { compareCatalogData } from '../../src/sync-catalog/compare-catalog-data.js'
import { mergeCatalogData } from '../../src/sync-catalog/write-catalog-data.js'

describe('compareCatalogData', () => {
  it('ignores line endings and trailing white space', () => {
    expect(compareCatalogData({ aboutText: 'a\r\nb' }, { aboutText: 'a\nb\n' })[0]).toMatchObject({
      action: 'keep'
    })
  })

  it('ignores fields that are not requested, and keeps their current values', () => {
    const current = { aboutText: 'a', usageText: 'u', architectures: ['x86'], logoUrl: 'l' }
    expect(compareCatalogData(current, { usageText: '' })).toEqual([
      { field: 'usageText', action: 'delete', reason: expect.any(String) }
    ])
    expect(mergeCatalogData(current, { usageText: '' })).toEqual({
      aboutText: 'a',
      usageText: '',
      architectures: ['x86']
    })
  })
})
