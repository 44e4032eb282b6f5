import fc from 'fast-check'

/** One thing done to bytes. */
interface Damage {
  readonly kind: 'flip' | 'zero' | 'cut' | 'remove' | 'repeat' | 'swap' | 'write' | 'splice'
  readonly at: number
  readonly length: number
  readonly bytes: Uint8Array
}

/** Numbers of length or count as formats write them, wrong ones. */
const WRONG_NUMBERS: readonly Uint8Array[] = [
  ...['777777777777', '-1', '99999999999999999999', '0', ' ', '0x10', '1e9'].map((text) =>
    Buffer.from(text, 'latin1')
  ),
  Buffer.alloc(8, 0xff),
  Buffer.from([0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
  Buffer.alloc(12)
]

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('flip', 'zero', 'cut', 'remove', 'repeat', 'swap', 'write', 'splice'),
  at: fc.nat(),
  length: fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: 2000 })),
  bytes: fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.constantFrom(...WRONG_NUMBERS))
})

/** One of the samples with bits flipped, stretches cut, repeated or swapped, numbers overwritten, others spliced in. */
export function damagedBytes(samples: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const sample = fc.constantFrom(...samples)
  return fc
    .tuple(sample, sample, fc.array(damage, { minLength: 1, maxLength: 5 }))
    .map(([bytes, other, damages]) =>
      damages.reduce<Buffer>((result, each) => applyDamage(result, each, other), Buffer.from(bytes))
    )
}

function applyDamage(
  whole: Buffer,
  { kind, at, length, bytes }: Damage,
  other: Uint8Array
): Buffer {
  const start = at % Math.max(1, whole.length)
  const end = Math.min(whole.length, start + length)
  const [before, inside, after] = [
    whole.subarray(0, start),
    whole.subarray(start, end),
    whole.subarray(end)
  ]
  switch (kind) {
    case 'cut':
      return before
    case 'remove':
      return Buffer.concat([before, after])
    case 'repeat':
      return Buffer.concat([before, inside, inside, after])
    case 'swap':
      return Buffer.concat([after, inside, before])
    case 'splice':
      return Buffer.concat([before, other.subarray(at % Math.max(1, other.length))])
    case 'write':
      return Buffer.concat([before, bytes, whole.subarray(start + bytes.length)])
    case 'zero':
      return Buffer.concat([before, Buffer.alloc(inside.length), after])
    case 'flip':
      return Buffer.concat([before, inside.map((byte) => byte ^ (1 << (at % 8))), after])
  }
}

/** Texts that readers stumble over. */
const STRANGE_TEXTS: readonly string[] = [
  '\0',
  '\u202e',
  '\ufeff',
  '\ud800',
  '\udc00\ud800',
  'e\u0301\u0300\u0302',
  '👩‍👩‍👧‍👦',
  'ﬁ',
  'İ',
  'ß',
  '\u2028',
  '\r',
  '\n',
  '\t',
  '\x1b[31m',
  '::error::forged',
  '%0A::set-output name=a::b',
  '__proto__',
  'constructor',
  'toString',
  '../../outside',
  '/etc/passwd',
  'file:///etc/passwd',
  '-1',
  '0',
  '1e309',
  '99999999999999999999',
  ''
]

/** One thing done to a text. */
interface Edit {
  readonly kind: 'insert' | 'remove' | 'repeat' | 'surround' | 'splice'
  readonly at: number
  readonly length: number
  readonly times: number
  readonly token: string
}

/**
 * One of the samples with tokens inserted, stretches removed, repeated up to hundreds of times or put in nested
 * pairs, and others spliced in.
 *
 * @param tokens what means something in the format
 */
export function damagedText(
  samples: readonly string[],
  tokens: readonly string[],
  maxLength = 20_000
): fc.Arbitrary<string> {
  const edit: fc.Arbitrary<Edit> = fc.record({
    kind: fc.constantFrom('insert', 'insert', 'remove', 'repeat', 'surround', 'splice'),
    at: fc.nat(),
    length: fc.nat({ max: 40 }),
    times: fc.oneof({ weight: 4, arbitrary: fc.nat({ max: 5 }) }, fc.nat({ max: 400 })),
    token: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...tokens) },
      { weight: 2, arbitrary: fc.constantFrom(...STRANGE_TEXTS) },
      fc.string({ unit: 'binary', maxLength: 4 })
    )
  })
  const sample = fc.constantFrom(...samples)
  return fc
    .tuple(sample, sample, fc.array(edit, { minLength: 1, maxLength: 8 }))
    .map(([text, other, edits]) =>
      edits.reduce((result, each) => applyEdit(result, each, other).slice(0, maxLength), text)
    )
}

function applyEdit(text: string, { kind, at, length, times, token }: Edit, other: string): string {
  const start = at % (text.length + 1)
  const [before, inside, after] = [
    text.slice(0, start),
    text.slice(start, start + length),
    text.slice(start + length)
  ]
  switch (kind) {
    case 'insert':
      return before + token.repeat(times) + inside + after
    case 'remove':
      return before + after
    case 'repeat':
      return before + inside.repeat(times) + after
    case 'surround':
      return before + token.repeat(times) + inside + mirror(token).repeat(times) + after
    case 'splice':
      return before + other.slice(at % (other.length + 1))
  }
}

const CLOSING: Readonly<Record<string, string>> = {
  '[': ']',
  '![': '](a)',
  '{': '}',
  '(': ')',
  '<': '>',
  '<div>': '</div>',
  '"': '"'
}

function mirror(token: string): string {
  return Object.hasOwn(CLOSING, token) ? (CLOSING[token] ?? token) : token
}

const deepList = nest(2000, (inner) => [inner])
const deepObject = nest(2000, (inner) => ({ a: inner }))

function nest(levels: number, around: (inner: unknown) => unknown): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = around(value)
  return value
}

/** Deeper than any recursion can follow. */
const DEEP_TEXTS = [
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'['.repeat(14_000)}${']'.repeat(14_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  '{"auths":'.repeat(20_000)
]

/** Placeholder for a member `__proto__`, which a JavaScript object literal cannot have. */
const PROTO = '\u2603proto'

const strangeValue: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      -1,
      0,
      0.5,
      1e300,
      2 ** 53,
      [],
      {},
      [[]],
      [null],
      `sha256:${'A'.repeat(64)}`,
      `sha256:${'0'.repeat(64)}`,
      `sha512:${'0'.repeat(128)}`,
      'x'.repeat(5000),
      Array.from({ length: 500 }, () => null),
      { [PROTO]: { polluted: true }, constructor: { prototype: { polluted: true } } },
      { toString: 1, valueOf: null, length: -1, then: 1 },
      deepList,
      deepObject
    )
  },
  fc.constantFrom(...STRANGE_TEXTS),
  fc.jsonValue({ maxDepth: 2 })
)

/** One thing done to a JSON document, at a place that is counted through its members. */
export interface JsonChange {
  readonly place: readonly number[]
  readonly value: unknown
  readonly kind: 'replace' | 'add' | 'remove' | 'repeat' | 'move'
}

/** A member replaced, added, removed, repeated or moved. */
export const jsonChange: fc.Arbitrary<JsonChange> = fc.record({
  place: fc.array(fc.nat({ max: 20 }), { maxLength: 7 }),
  value: strangeValue,
  kind: fc.constantFrom('replace', 'replace', 'add', 'remove', 'repeat', 'move')
})

/** One of the documents, members replaced, added, removed and repeated by the hundred; now and then damaged as text. */
export function damagedJson(samples: readonly unknown[]): fc.Arbitrary<string> {
  const documents = fc
    .tuple(fc.constantFrom(...samples), fc.array(jsonChange, { minLength: 1, maxLength: 4 }))
    .map(([document, changes]) => changeJson(document, changes))
  const texts = samples.map((sample) => JSON.stringify(sample, undefined, 2))
  const tokens = ['{', '}', '[', ']', ',', ':', '"', '\\', '\\ud800', 'null', '"__proto__":']
  return fc.oneof(
    { weight: 60, arbitrary: documents },
    { weight: 20, arbitrary: damagedText(texts, tokens) },
    { weight: 1, arbitrary: fc.constantFrom(...DEEP_TEXTS) }
  )
}

/** The text of a document after the changes. */
export function changeJson(document: unknown, changes: readonly JsonChange[]): string {
  return JSON.stringify(changes.reduce(applyChange, document)).replaceAll(PROTO, '__proto__')
}

function applyChange(tree: unknown, { place, value, kind }: JsonChange): unknown {
  const [first, ...rest] = place
  if (first === undefined || typeof tree !== 'object' || tree === null) {
    return kind === 'add' || kind === 'remove' ? tree : value
  }
  const keys = Object.keys(tree)
  const key = keys[first % Math.max(1, keys.length)]
  if (key === undefined) return value
  const members = tree as Readonly<Record<string, unknown>>
  if (rest.length > 0) {
    return withMember(tree, key, applyChange(members[key], { place: rest, value, kind }))
  }
  switch (kind) {
    case 'add':
      return Array.isArray(tree) ? [...(tree as unknown[]), value] : { ...tree, [PROTO]: value }
    case 'remove':
      return Array.isArray(tree)
        ? tree.filter((_, at) => String(at) !== key)
        : Object.fromEntries(Object.entries(tree).filter(([name]) => name !== key))
    case 'repeat':
      return Array.isArray(tree) && isSmall(members[key])
        ? Array.from({ length: 300 }, () => members[key])
        : tree
    case 'move':
      return withMember(tree, key, members[keys[0] ?? key])
    case 'replace':
      return withMember(tree, key, value)
  }
}

/** Repetitions of repetitions would be more than any reader is ever given. */
function isSmall(value: unknown): boolean {
  return JSON.stringify(value).length < 5000
}

function withMember(tree: object, key: string, value: unknown): unknown {
  if (!Array.isArray(tree)) return { ...tree, [key]: value }
  return tree.map((item: unknown, at) => (String(at) === key ? value : item))
}
