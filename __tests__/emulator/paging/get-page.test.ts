import fc from 'fast-check'
import type { EmulatorContext } from '../../../src/emulator/context.js'
import { getPage, shuffle } from '../../../src/emulator/paging/get-page.js'
import { SequencedMap } from '../../../src/emulator/store/sequenced-map.js'

function contextWith(listOrder: 'pushed' | 'shuffled'): EmulatorContext {
  const store = { key: Buffer.alloc(32, 1) }
  return { store, settings: { listOrder } } as unknown as EmulatorContext
}

function mapOf(count: number): SequencedMap<number> {
  const map = new SequencedMap<number>()
  for (let at = 1; at <= count; at++) map.set(String(at), at, at)
  return map
}

function listPages(
  context: EmulatorContext,
  map: SequencedMap<number>,
  maxResults?: number
): number[][] {
  const pages: number[][] = []
  let nextToken: string | undefined
  do {
    const page = getPage(context, map, { list: 'list', nextToken, maxResults })
    pages.push(page.items)
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return pages
}

test('the pages contain each entry exactly once, in order of addition', () => {
  fc.assert(
    fc.property(fc.nat(60), fc.integer({ min: 1, max: 20 }), (count, maxResults) => {
      const pages = listPages(contextWith('pushed'), mapOf(count), maxResults)
      expect(pages.flat()).toEqual(Array.from({ length: count }, (_item, at) => at + 1))
      expect(pages).toHaveLength(Math.max(1, Math.ceil(count / maxResults)))
    })
  )
})

test('a page has 100 entries by default', () => {
  const pages = listPages(contextWith('pushed'), mapOf(250))
  expect(pages.map(({ length }) => length)).toEqual([100, 100, 50])
})

test('the last page does not have a token, even if it is full', () => {
  expect(listPages(contextWith('pushed'), mapOf(10), 5)).toHaveLength(2)
})

test('listOrder=shuffled changes the order within each page only', () => {
  const [first = [], second = []] = listPages(contextWith('shuffled'), mapOf(40), 20)
  const ascending = Array.from({ length: 20 }, (_item, at) => at + 1)
  expect(first).not.toEqual(ascending)
  expect([...first].sort((a, b) => a - b)).toEqual(ascending)
  expect([...second].sort((a, b) => a - b)).toEqual(ascending.map((number) => number + 20))
})

test('shuffle returns the same order for any order of its input', () => {
  const entries = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ({ key }))
  expect(shuffle([...entries].reverse())).toEqual(shuffle(entries))
})

test('rejects a token of another list', () => {
  const context = contextWith('pushed')
  const request = { maxResults: 1, nextToken: undefined }
  const { nextToken } = getPage(context, mapOf(2), { ...request, list: 'one' })
  expect(() => getPage(context, mapOf(2), { ...request, list: 'other', nextToken })).toThrow(
    "Invalid parameter at 'nextToken'"
  )
})
