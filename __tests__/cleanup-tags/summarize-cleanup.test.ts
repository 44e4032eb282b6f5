import { createCleanupResult } from '../../src/cleanup-tags/cleanup-result.js'
import { summarizeCleanup } from '../../src/cleanup-tags/summarize-cleanup.js'
import { decideDelete, decideKeep } from '../../src/cleanup-tags/rules/decision.js'
import type { SummaryBlock } from '../../src/runner/summary.js'
import { DRY_RUN, NOW, resultOf, rowOf } from '../helpers/cleanup-results.js'

type Table = Extract<SummaryBlock, { kind: 'table' }>
type Section = Extract<SummaryBlock, { kind: 'section' }>

const tablesOf = (blocks: readonly SummaryBlock[]): Table[] =>
  blocks.filter((block) => block.kind === 'table')
const sectionsOf = (blocks: readonly SummaryBlock[]): Section[] =>
  blocks.filter((block) => block.kind === 'section')

/** Returns rows for tags that are one day apart. The tags after the 30th are deleted. */
const rowsOf = (count: number) =>
  Array.from({ length: count }, (_, at) => rowOf(`build-${String(at)}`, at + 1))

describe('createCleanupResult', () => {
  test('counts a deleted image once, with its last tag or without a tag, and no size of an index', () => {
    const old = decideDelete('old')
    const untagged = { tag: undefined, deletesImage: false }
    const { deleted, kept, deletedCount, keptCount, rows } = resultOf('team/app', [
      rowOf('v1', 31, { deletesImage: false, decision: old }),
      rowOf('v2', 31, { isIndex: true, orphans: ['sha256:1', 'sha256:2'], decision: old }),
      rowOf('', 32, { ...untagged, decision: old }),
      rowOf('', 33, { ...untagged, decision: old }),
      rowOf('v3', 1, { decision: decideKeep('new') }),
      rowOf('', 2, { ...untagged, decision: decideKeep('untagged is false') })
    ])
    expect(deleted).toEqual({ tags: 2, images: 3, bytes: 2 * 12_345_678 })
    expect(kept).toEqual({ tags: 1, images: 3, bytes: 4 * 12_345_678 })
    expect([deletedCount, keptCount]).toEqual([4, 2])
    expect([...rows()].map(({ decision, reason }) => [decision, reason])).toEqual([
      ['delete', 'old'],
      ['delete', 'old; the image is deleted with its last tag; 2 images are no longer referenced'],
      ['delete', 'old'],
      ['delete', 'old'],
      ['keep', 'new'],
      ['keep', 'untagged is false']
    ])
  })
})

describe('summarizeCleanup', () => {
  test('begins with one row per repository, the most deletions first, and a row for all', () => {
    const blocks = summarizeCleanup(
      [resultOf('team/few', rowsOf(31)), resultOf('team/many', rowsOf(40))],
      { ...DRY_RUN, unreadable: [{ repository: 'team/denied', reason: 'access denied' }] }
    )
    expect(blocks[0]).toEqual({
      kind: 'table',
      columns: [
        'repository',
        ...['delete: tags', 'delete: images', 'delete: size'],
        ...['keep: tags', 'keep: images', 'keep: size']
      ],
      rows: [
        ['(all)', '11', '11', '135.8 MB', '60', '60', '740.7 MB'],
        ['team/many', '10', '10', '123.5 MB', '30', '30', '370.4 MB'],
        ['team/few', '1', '1', '12.3 MB', '30', '30', '370.4 MB'],
        ['team/denied', 'not read']
      ]
    })
  })

  test('has fewer columns for thousands of repositories, and a row for each of them', () => {
    const results = Array.from({ length: 3001 }, (_, at) => resultOf(`team/${String(at)}`, []))
    const [table] = tablesOf(summarizeCleanup(results, DRY_RUN))
    expect(table?.columns).toEqual(['repository', 'delete', 'keep'])
    expect(table?.rows).toHaveLength(3001)
  })

  test('lists the deletions of each repository in a section, the newest first', () => {
    const blocks = summarizeCleanup([resultOf('team/app', rowsOf(33).toReversed())], DRY_RUN)
    const [section] = sectionsOf(blocks)
    expect(section?.title).toBe('team/app: 3 deletions')
    const [table] = tablesOf(section?.blocks ?? [])
    expect(table?.columns).toEqual(['tag', 'age', 'size', 'reason'])
    expect(table?.rows.map(([tag, age]) => [tag, age])).toEqual([
      ['build-30', '31 d'],
      ['build-31', '32 d'],
      ['build-32', '33 d']
    ])
  })

  test('shows the newest 2,000 deletions of a large repository, and counts the others', () => {
    const [section] = sectionsOf(summarizeCleanup([resultOf('team/app', rowsOf(5030))], DRY_RUN))
    const [table] = tablesOf(section?.blocks ?? [])
    expect(table?.rows).toHaveLength(2000)
    expect(table?.rows.at(-1)?.[0]).toBe('build-2029')
    expect(section?.blocks.at(-1)).toEqual({
      kind: 'paragraph',
      text: '… and 3,000 more. Output plan-file contains the path of a file with all rows.'
    })
  })

  test('shortens long tags and digests', () => {
    const hex = '0123456789abcdef'.repeat(4)
    const rows = [
      rowOf(`sha256-${hex}.sig`, 50),
      rowOf('a-very-long-branch-name-of-a-dependency-update-tool-20260131-4f2a91c', 51),
      rowOf('', 52, { tag: undefined, digest: `sha256:${hex}` })
    ]
    const [section] = sectionsOf(summarizeCleanup([resultOf('team/app', rows)], DRY_RUN))
    const [table] = tablesOf(section?.blocks ?? [])
    expect(table?.rows.map(([name]) => name)).toEqual([
      'sha256-0123456789ab….sig',
      'a-very-long-branch-name-of-a-depend…0131-4f2a91c',
      'sha256:0123456789ab…'
    ])
  })

  test('has one table of everything that needs attention, without a heading if it is empty', () => {
    const result = resultOf('team/app', rowsOf(31))
    const plan = {
      ...result.plan,
      unreadableIndexes: [`sha256:${'a'.repeat(64)}`],
      unreadableArtifacts: [`sha256:${'b'.repeat(64)}`],
      notices: ['N.']
    }
    const context = { ...DRY_RUN, warnings: ['The clock differs.'], limitError: 'Too many.' }
    const blocks = summarizeCleanup([createCleanupResult(plan, undefined)], context)
    const at = blocks.findIndex(({ kind }) => kind === 'heading')
    expect(blocks[at]).toEqual({ kind: 'heading', text: 'Needs attention' })
    expect(blocks[at + 1]).toMatchObject({
      rows: [
        ['(all)', 'Too many.'],
        ['(all)', 'The clock differs.'],
        [
          'team/app',
          'Index sha256:aaaaaaaaaaaa… could not be read. No image that it might refer to is deleted.'
        ],
        [
          'team/app',
          'Artifact sha256:bbbbbbbbbbbb… could not be read. No untagged image that it might refer to is deleted.'
        ],
        ['team/app', 'N.']
      ]
    })
    const others = summarizeCleanup([result], DRY_RUN)
    expect(others.filter(({ kind }) => kind === 'heading')).toEqual([])
  })

  test('combines equal messages of several repositories in one row', () => {
    const results = ['a', 'b', 'c', 'd', 'e'].map((name, at) => {
      const { plan } = resultOf(`team/${name}`, rowsOf(31))
      const notices = at === 1 ? ['Same.', 'Other.'] : ['Same.']
      return createCleanupResult({ ...plan, notices, uncheckedCount: at < 2 ? 7 : 0 }, undefined)
    })
    const blocks = summarizeCleanup(results, DRY_RUN)
    const at = blocks.findIndex(({ kind }) => kind === 'heading')
    const unchecked =
      '7 images to delete: the manifest was not read, because the listing describes a container image or an index. A real run reads it, and keeps the image if it refers to a kept image.'
    expect(blocks[at + 1]).toMatchObject({
      rows: [
        ['team/a, team/b, team/c and 2 more', 'Same.'],
        ['team/a, team/b', unchecked],
        ['team/b', 'Other.']
      ]
    })
  })

  test('ends with the kept tags, and the next deletions of all repositories', () => {
    const results = ['team/a', 'team/b'].map((name) => resultOf(name, rowsOf(30)))
    const section = sectionsOf(summarizeCleanup(results, DRY_RUN)).at(-1)
    expect(section?.title).toBe('Kept: 60 tags and images')
    const [upcoming, kept] = tablesOf(section?.blocks ?? [])
    expect(upcoming?.rows).toHaveLength(10)
    expect(upcoming?.rows.slice(0, 3)).toEqual([
      ['team/a', 'build-29', '2026-06-01 00:00', 'now'],
      ['team/b', 'build-29', '2026-06-01 00:00', 'now'],
      ['team/a', 'build-28', '2026-06-02 00:00', '24 h']
    ])
    expect(kept?.rows).toHaveLength(60)
  })

  test('shows at most 500 kept tags, from all repositories', () => {
    const keep = decideKeep('matches exclude-tags v*')
    const rows = Array.from({ length: 400 }, (_, at) =>
      rowOf(`v${String(at)}`, at, { decision: keep, deletesImage: false })
    )
    const results = ['team/a', 'team/b'].map((name) => resultOf(name, rows))
    const section = sectionsOf(summarizeCleanup(results, { ...DRY_RUN, now: NOW })).at(-1)
    const [kept] = tablesOf(section?.blocks ?? [])
    expect(kept?.rows).toHaveLength(500)
    expect(new Set(kept?.rows.map(([name]) => name))).toEqual(new Set(['team/a', 'team/b']))
    expect(section?.blocks.at(-1)).toMatchObject({ text: expect.stringMatching(/^… and 300 more/) })
  })
})
