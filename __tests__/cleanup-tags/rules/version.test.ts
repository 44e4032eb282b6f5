import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { compareVersions, parseVersion } from '../../../src/cleanup-tags/rules/version.js'

const DOCS = join(import.meta.dirname, '..', '..', '..', 'docs', 'cleanup-tags.md')

/** The rows of the table in the documentation: image, ordered tags, tags without a version. */
const documented = readFileSync(DOCS, 'utf8')
  .split('<!-- A test checks these orders. -->')[1]!
  .split('| Image ')[1]!
  .split('\n\n')[0]!
  .split('\n')
  .slice(2)
  .map((row) => row.split('|').map((cell) => cell.trim()))
  .map(([, image, ordered, unversioned]) => ({
    image: image!,
    ordered: ordered!.match(/[^\s`]+/g) ?? [],
    unversioned: unversioned!.match(/[^\s`]+/g) ?? []
  }))

const compareTags = (a: string, b: string): number => {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  if (one === undefined || other === undefined)
    throw new Error(`${a} or ${b} does not contain a version`)
  return Math.sign(compareVersions(one, other))
}

describe('parseVersion', () => {
  test('finds at least 40 real tags in the documentation', () => {
    expect(documented.flatMap(({ ordered }) => ordered).length).toBeGreaterThanOrEqual(40)
  })

  test.each(documented)('orders the tags of $image as documented', ({ ordered, unversioned }) => {
    expect([...ordered].reverse().sort(compareTags)).toEqual(ordered)
    for (const [at, tag] of ordered.entries()) {
      for (const later of ordered.slice(at + 1)) {
        expect([tag, later, compareTags(tag, later)]).toEqual([tag, later, -1])
        expect([later, tag, compareTags(later, tag)]).toEqual([later, tag, 1])
      }
    }
    for (const tag of unversioned) expect([tag, parseVersion(tag)]).toEqual([tag, undefined])
  })

  test.each([
    'latest',
    'main',
    'stable-alpine',
    'sha-4f2a91c',
    'sha-1234567',
    '1234567',
    '4f2a91c',
    '1e10000',
    '12a4567',
    '12a-5',
    '12b.5',
    'a1b2c3d',
    'pr-7',
    'pr-7-amd64',
    '1.0.0.post1',
    '1.0.0-post2',
    '1.0.POST',
    'v1.0.0.post1.dev2',
    '1.0.0-post-3',
    'build-512',
    'nightly-20260101',
    'jdk17',
    '1.2.3.4.5',
    'k8s-1.2.3',
    'v',
    '1..2',
    '_1.2.3',
    '1'.repeat(16),
    '20261301'
  ])('does not find a version in %s', (tag) => {
    expect(parseVersion(tag)).toBeUndefined()
  })

  test.each([
    ['v1.2.3', '1.2.3'],
    ['V1.2.3', '1.2.3'],
    ['v.1.2.3', '1.2.3'],
    ['release-1.2.3', '1.2.3'],
    ['app-v1.2.3', '1.2.3'],
    ['my_app_1.2.3', '1.2.3'],
    ['my.app-1.2', '1.2'],
    ['release-1', '1'],
    ['app-v1', '1'],
    ['1.2.3_build5', '1.2.3'],
    ['1.2.3-rc.1_up4.5.6', '1.2.3-rc.1'],
    ['1.02.3', '1.2.3'],
    ['1.2.3-RC1', '1.2.3-rc1'],
    ['1.2.3_', '1.2.3']
  ])('finds equal versions in %s and %s', (a, b) => {
    expect(compareTags(a, b)).toBe(0)
  })

  test.each([
    ['1.2.9', '1.2'],
    ['1.2', '1'],
    ['1.9.9', '1'],
    ['1', '2.0.0'],
    ['1.2', '1.3.0'],
    ['1.2.3', '1.2.3.4'],
    ['1.2.3.4', '1.2.4'],
    ['1.2.3.4', '1.2'],
    ['1.2.3-rc9', '1.2.3-rc10'],
    ['1.2.3-rc.9', '1.2.3-rc.10'],
    ['1.2.3-rc99', '1.2.3-rc100'],
    ['1.2.3-rc0007', '1.2.3-rc10'],
    ['1.2.3-rc7', '1.2.3-rc0010'],
    ['1.2.3-beta9', '1.2.3-rc1'],
    ['1.2.3-alpha', '1.2.3-alpha.1'],
    ['1.2.3-alpha.1', '1.2.3-alpha.beta'],
    ['1.2.3-rc', '1.2.3-rc1'],
    ['1.2.3-rc1', '1.2.3'],
    ['1.2.9-alpine', '1.2-alpine'],
    ['1.2-alpine', '1.2'],
    ['3.13-rc', '3.13.0'],
    ['1.0.0-5', '1.0.0-a'],
    ['2024-01-15', '2024-02-03'],
    ['9', '10'],
    ['v1.9', 'v1.10'],
    ['202601311200', '202601311201']
  ])('orders %s before %s', (earlier, later) => {
    expect(compareTags(earlier, later)).toBe(-1)
    expect(compareTags(later, earlier)).toBe(1)
  })

  test('orders complete versions without pre-release as their numbers, with any prefix and build', () => {
    const number = fc.nat(30)
    const numbers = fc.array(number, { minLength: 3, maxLength: 4 })
    const prefix = fc.constantFrom('', 'v', 'release-', 'app-v', 'a.b_')
    const build = fc.constantFrom('', '_1', '_up1.2.3', '_x-y')
    const tag = fc.tuple(prefix, numbers, build)
    fc.assert(
      fc.property(tag, tag, ([p, one, b], [q, other, c]) => {
        const padded = (all: number[]): number[] => [...all, -1].slice(0, 4)
        const difference = padded(one)
          .map((value, at) => value - padded(other)[at]!)
          .find((value) => value !== 0)
        expect(compareTags(`${p}${one.join('.')}${b}`, `${q}${other.join('.')}${c}`)).toBe(
          Math.sign(difference ?? 0)
        )
      })
    )
  })

  test('defines a total order', () => {
    const part = fc.constantFrom('1', '2', '10', '.', '-', 'rc', 'a', '_', 'v', '0', 'alpine')
    const tag = fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(''))
    const version = tag.map(parseVersion).filter((found) => found !== undefined)
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0)
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0)
        }
      }),
      { numRuns: 500 }
    )
  })

  test('reads a hostile tag in linear time', () => {
    for (const text of [`${'a-'.repeat(150)}!`, 'a'.repeat(300), `1.2.3-${'1-'.repeat(140)}!`]) {
      expect(parseVersion(text)).toBeUndefined()
    }
  })
})
