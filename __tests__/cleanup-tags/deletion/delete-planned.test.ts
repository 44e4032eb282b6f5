import { BatchDeleteImageCommand } from '@aws-sdk/client-ecr-public'
import type {
  DescribeImagesCommand,
  ImageFailure,
  ImageIdentifier
} from '@aws-sdk/client-ecr-public'
import { deletePlanned } from '../../../src/cleanup-tags/deletion/delete-planned.js'
import type { FinalOutcome } from '../../../src/cleanup-tags/deletion/deletion-outcome.js'
import { ObservedServiceBehavior } from '../../../src/cleanup-tags/deletion/observed-service-behavior.js'
import type { PlannedDeletion } from '../../../src/cleanup-tags/rules/plan-retention.js'
import type { RetentionRow } from '../../../src/cleanup-tags/rules/retention-row.js'
import type { EcrPublicApi } from '../../../src/runner/deps.js'

const T0 = new Date('2026-01-01T00:00:00Z')
const T1 = new Date('2026-01-02T00:00:00Z')

interface Image {
  tags: string[]
  pushedAt: Date
}

/** A repository in memory. `change` runs before each call. */
interface Service {
  readonly images: Map<string, Image>
  /** The calls: `describe 2` or `delete A,v1`. */
  readonly calls: string[]
  readonly api: EcrPublicApi
}

interface ServiceOptions {
  readonly change?: (call: string, count: number, images: Map<string, Image>) => void
  /** Whether the deletion of its last tag keeps an image. */
  readonly keepsUntagged?: boolean
  /** Images that the service refuses to delete while the other image exists. */
  readonly heldBy?: Readonly<Record<string, string>>
  /** Whether a refusal names the image. */
  readonly namesHolder?: boolean
  /** Failures by the text of the identifier. The service answers with them and does not delete anything. */
  readonly failures?: Readonly<Record<string, ImageFailure>>
  /** Changes the response of a deletion. */
  readonly answer?: (response: DeletionResponse) => Partial<DeletionResponse>
}

interface DeletionResponse {
  readonly imageIds: readonly ImageIdentifier[]
  readonly failures: readonly ImageFailure[]
}

const named = (name: string): Error => Object.assign(new Error(`${name} happened`), { name })

function createService(
  given: Readonly<Record<string, readonly string[]>>,
  options: ServiceOptions = {}
): Service {
  const images = new Map<string, Image>(
    Object.entries(given).map(([name, tags]) => [digestOf(name), { tags: [...tags], pushedAt: T0 }])
  )
  const calls: string[] = []
  const send = (command: unknown): Promise<unknown> => {
    const isDeletion = command instanceof BatchDeleteImageCommand
    const { imageIds } = (command as DescribeImagesCommand | BatchDeleteImageCommand).input
    const call = `${isDeletion ? 'delete' : 'describe'} ${(imageIds ?? []).map(nameOfId).join()}`
    calls.push(call)
    options.change?.(call, calls.length, images)
    return Promise.resolve(
      isDeletion ? deleteAll(images, imageIds ?? [], options) : findAll(images, imageIds)
    )
  }
  return { images, calls, api: { send } as unknown as EcrPublicApi }
}

const digestOf = (name: string): string =>
  `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0')}`
const nameOf = (digest: string): string =>
  Buffer.from(digest.slice('sha256:'.length).replace(/(00)+$/, ''), 'hex').toString()
const nameOfId = ({ imageDigest, imageTag }: ImageIdentifier): string =>
  [imageDigest === undefined ? [] : nameOf(imageDigest), imageTag ?? []].flat().join(':')

function findAll(images: Service['images'], ids: readonly ImageIdentifier[] | undefined): unknown {
  const all = [...images].map(([imageDigest, { tags, pushedAt }]) => ({
    imageDigest,
    imageTags: tags.length === 0 ? undefined : [...tags],
    imagePushedAt: pushedAt
  }))
  if (ids === undefined) return { imageDetails: all }
  const found = ids.map(({ imageDigest, imageTag = '' }) =>
    all.find((one) => one.imageDigest === imageDigest || one.imageTags?.includes(imageTag))
  )
  if (found.includes(undefined)) throw named('ImageNotFoundException')
  return { imageDetails: found }
}

function deleteAll(
  images: Service['images'],
  ids: readonly ImageIdentifier[],
  options: ServiceOptions
): unknown {
  const { keepsUntagged = false, heldBy = {}, namesHolder = true } = options
  const imageIds: ImageIdentifier[] = []
  const failures: ImageFailure[] = []
  for (const imageId of ids) {
    const failed = options.failures?.[nameOfId(imageId)]
    if (failed !== undefined) {
      failures.push(failed)
      continue
    }
    const { imageTag, imageDigest } = imageId
    const [digest = '', image] =
      [...images].find(([one, { tags }]) =>
        imageTag === undefined ? one === imageDigest : tags.includes(imageTag)
      ) ?? []
    if (image === undefined) {
      failures.push({ imageId, failureCode: 'ImageNotFound', failureReason: 'none' })
      continue
    }
    const holder = heldBy[nameOf(digest)]
    const isWhole = imageTag === undefined || (image.tags.length === 1 && !keepsUntagged)
    if (isWhole && holder !== undefined && images.has(digestOf(holder))) {
      const list = namesHolder ? `: [${digestOf(holder)}]` : ''
      const failureReason = `Requested image referenced by manifest list${list}`
      failures.push({ imageId, failureCode: 'ImageReferencedByManifestList', failureReason })
      continue
    }
    if (isWhole) images.delete(digest)
    else image.tags = image.tags.filter((tag) => tag !== imageTag)
    imageIds.push({ imageDigest: digest, ...(imageTag === undefined ? {} : { imageTag }) })
  }
  const response = { imageIds, failures }
  return options.answer?.(response) ?? response
}

/** Reads `A:v1` (the last tag of A), `A:v1!` (a tag alone) or `A` (an image without tags). */
function planned(text: string, phase = 0, ...after: string[]): PlannedDeletion {
  const [name = '', given] = text.split(':')
  const tag = given?.replace('!', '')
  const row: RetentionRow = {
    digest: digestOf(name),
    tag,
    sizeBytes: 1,
    since: 0,
    decision: { action: 'delete', reason: 'x' },
    deletesImage: false,
    isIndex: false,
    orphans: []
  }
  const isAlone = given?.endsWith('!') === true
  const kind = tag === undefined ? 'image' : isAlone ? 'tag' : 'image-by-tag'
  return { row, kind, phase, after: after.map(digestOf) }
}

interface Run {
  /** The outcomes by deletion: `deleted`, or `kept: reason`. */
  readonly outcomes: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

async function run(
  service: Service,
  deletions: readonly PlannedDeletion[],
  referrersFirst: readonly PlannedDeletion[] = deletions,
  signal = new AbortController().signal
): Promise<Run> {
  const expected = new Map(
    [...service.images].map(([digest, { tags, pushedAt }]) => [
      digest,
      { tags: [...tags], pushedAt: pushedAt.getTime() }
    ])
  )
  const warnings: string[] = []
  const ignore = (): void => undefined
  const log = {
    info: ignore,
    notice: ignore,
    debug: ignore,
    warning: (text: string) => void warnings.push(text),
    group: <T>(_title: string, body: () => Promise<T>) => body()
  }
  const unsuccessful = await deletePlanned({ deletions, referrersFirst }, expected, {
    api: service.api,
    repository: { repositoryName: 'team/app' },
    imageCount: service.images.size,
    log,
    signal,
    behavior: new ObservedServiceBehavior(),
    explain: (error) => (error as Error).message
  })
  const texts = deletions.map(({ row }) => [
    [nameOf(row.digest), row.tag ?? []].flat().join(':'),
    textOf(unsuccessful.get(row) ?? { kind: 'deleted' })
  ])
  return { outcomes: Object.fromEntries(texts) as Record<string, string>, warnings }
}

function textOf(outcome: FinalOutcome): string {
  return outcome.kind === 'deleted' ? 'deleted' : `${outcome.kind}: ${outcome.reason}`
}

const remaining = ({ images }: Service): string[] =>
  [...images].map(([digest, { tags }]) => [nameOf(digest), ...tags].join(' '))

/** Changes the images once, before the first deletion is checked. */
const before =
  (change: (images: Map<string, Image>) => void): NonNullable<ServiceOptions['change']> =>
  (_call, count, images) => {
    if (count === 1) change(images)
  }

describe('deletePlanned', () => {
  test('checks a batch with one call and deletes it with one', async () => {
    const service = createService({ A: ['v1', 'v2'], B: ['v3'], C: [], D: ['v4'] })
    const { outcomes, warnings } = await run(service, [
      planned('A:v1!'),
      planned('B:v3'),
      planned('C')
    ])
    expect(outcomes).toEqual({ 'A:v1': 'deleted', 'B:v3': 'deleted', C: 'deleted' })
    expect(remaining(service)).toEqual(['A v2', 'D v4'])
    // The last call finds out whether the service keeps an image without its last tag.
    expect(service.calls).toEqual(['describe A,B,C', 'delete v1,B:v3,C', 'describe B'])
    expect(warnings).toEqual([])
  })

  test.each<[string, (images: Map<string, Image>) => void, string]>([
    ['has another tag', (images) => images.get(digestOf('A'))!.tags.push('new'), 'v1, new'],
    ['has other tags', (images) => (images.get(digestOf('A'))!.tags = ['new']), 'new'],
    ['does not have tags', (images) => (images.get(digestOf('A'))!.tags = []), 'none'],
    ['was pushed again', (images) => (images.get(digestOf('A'))!.pushedAt = T1), 'v1']
  ])('keeps an image that %s', async (_name, change, tags) => {
    const service = createService({ A: ['v1'], B: ['v2'] }, { change: before(change) })
    const { outcomes } = await run(service, [planned('A:v1'), planned('B:v2')])
    expect(outcomes).toEqual({
      'A:v1': `kept: its image changed after it was listed; its tags are now: ${tags}`,
      'B:v2': 'deleted'
    })
    expect(service.images.has(digestOf('A'))).toBe(true)
    expect(service.calls).toContain('delete B:v2')
  })

  test.each<[string, (images: Map<string, Image>) => void]>([
    ['has a tag', (images) => images.get(digestOf('A'))!.tags.push('new')],
    ['was pushed again', (images) => (images.get(digestOf('A'))!.pushedAt = T1)]
  ])('keeps an untagged image that now %s', async (_name, change) => {
    const service = createService({ A: [] }, { change: before(change) })
    const { outcomes } = await run(service, [planned('A')])
    expect(outcomes.A).toMatch(/^kept: its image changed after it was listed/)
    expect(service.calls).toEqual(['describe A'])
  })

  test('keeps a tag that was moved to another image', async () => {
    const change = before((images) => {
      images.get(digestOf('A'))!.tags = ['v2']
      images.get(digestOf('B'))!.tags.push('v1')
    })
    const service = createService({ A: ['v1', 'v2'], B: ['v3'] }, { change })
    const { outcomes } = await run(service, [planned('A:v1!')])
    expect(outcomes['A:v1']).toMatch(/^kept: its image changed/)
    expect(remaining(service)).toEqual(['A v2', 'B v3 v1'])
  })

  test('keeps a tag that its image did not have when it was listed', async () => {
    const service = createService({ A: ['v1', 'v2'], B: ['v3', 'v4'] })
    const { outcomes } = await run(service, [planned('A:v3!')])
    expect(outcomes['A:v3']).toMatch(/^kept: its image changed/)
    expect(service.calls).toEqual(['describe A'])
  })

  test('keeps an image that had a tag when it was listed, if it is to be deleted as untagged', async () => {
    const service = createService({ A: ['v1'] })
    const { outcomes } = await run(service, [planned('A')])
    expect(outcomes.A).toBe('kept: another tag of its image could not be deleted')
    expect(service.calls).toEqual(['describe A'])
  })

  test('reports an image that another client deleted as kept, and deletes what follows it', async () => {
    const change = before((images) => images.delete(digestOf('A')))
    const service = createService({ A: ['v1'], B: [] }, { change })
    const { outcomes } = await run(service, [planned('A:v1'), planned('B', 1, 'A')])
    expect(outcomes).toEqual({ 'A:v1': 'kept: already deleted', B: 'deleted' })
  })

  test('keeps an image if one of its other tags could not be deleted', async () => {
    const change = (call: string): void => {
      if (call === 'delete v1') throw named('ServerException')
    }
    const service = createService({ A: ['v1', 'v2'] }, { change })
    const { outcomes } = await run(service, [planned('A:v1!'), planned('A:v2', 1)])
    expect(outcomes).toEqual({
      'A:v1': 'failed: ServerException happened',
      'A:v2': 'kept: another tag of its image could not be deleted'
    })
    expect(remaining(service)).toEqual(['A v1 v2'])
  })

  test('keeps a tag that is the last one of its image, which is to be kept', async () => {
    const service = createService({ A: ['v1', 'v2'] })
    const { outcomes } = await run(service, [planned('A:v1!'), planned('A:v2!', 1)])
    expect(outcomes['A:v2']).toBe('kept: it is now the last tag of its image')
    expect(remaining(service)).toEqual(['A v2'])
  })

  test('keeps an image, and all that must be deleted after it, if an image before it is kept', async () => {
    const change = before((images) => images.get(digestOf('I'))!.tags.push('new'))
    const service = createService({ I: ['v1'], A: [], B: [] }, { change })
    const { outcomes } = await run(service, [
      planned('I:v1'),
      planned('A', 1, 'I'),
      planned('B', 2, 'A')
    ])
    const first = (name: string): string =>
      `kept: ${digestOf(name)} must be deleted first, but was kept`
    expect(outcomes).toMatchObject({ A: first('I'), B: first('A') })
    expect(service.calls).toEqual(['describe I'])
  })

  test('carries out phases one after the other, each in batches of 100', async () => {
    const names = Array.from({ length: 150 }, (_, at) => `i${at}`)
    const service = createService(Object.fromEntries(names.map((name) => [name, []])))
    const deletions = names.map((name, at) => planned(name, at < 20 ? 1 : 0))
    await run(service, deletions)
    const sizes = service.calls.map((call) => `${call.split(' ')[0]!} ${call.split(',').length}`)
    expect(sizes).toEqual(
      [100, 30, 20].flatMap((count) => [`describe ${count}`, `delete ${count}`])
    )
    expect(service.calls.at(-1)).toContain('i0,')
  })

  test('does not delete anything whose current state cannot be read', async () => {
    const change = (call: string): void => {
      if (call.startsWith('describe')) throw named('ServerException')
    }
    const service = createService({ A: ['v1'] }, { change })
    const { outcomes, warnings } = await run(service, [planned('A:v1')])
    expect(outcomes['A:v1']).toBe(
      'failed: not attempted because its current state could not be read: ServerException happened'
    )
    expect(service.calls).toEqual(['describe A'])
    expect(warnings).toEqual(['team/app: ServerException happened'])
  })

  test.each([
    ['AccessDeniedException', 1],
    ['ExpiredTokenException', 1],
    ['ServerException', 3]
  ])('stops after %s: %d', async (name, attempts) => {
    const change = (call: string): void => {
      if (call.startsWith('delete')) throw named(name)
    }
    const names = ['A', 'B', 'C', 'D', 'E']
    const service = createService(Object.fromEntries(names.map((one) => [one, []])), { change })
    const { outcomes } = await run(
      service,
      names.map((one, at) => planned(one, at))
    )
    const failed = names.filter((one) => outcomes[one] === `failed: ${name} happened`)
    expect(failed).toEqual(names.slice(0, attempts))
    expect(outcomes.E).toBe(`failed: not attempted after an earlier error: ${name} happened`)
    expect(service.calls.filter((call) => call.startsWith('delete'))).toHaveLength(attempts)
  })

  test('does not stop if calls in between succeed', async () => {
    const change = (call: string): void => {
      if (/^delete [ABDE]/.test(call)) throw named('ServerException')
    }
    const names = ['A', 'B', 'C', 'D', 'E', 'F']
    const service = createService(Object.fromEntries(names.map((one) => [one, []])), { change })
    const { outcomes } = await run(
      service,
      names.map((one, at) => planned(one, at))
    )
    expect(outcomes).toMatchObject({ C: 'deleted', F: 'deleted' })
  })

  test('looks up what a call without an answer has deleted', async () => {
    const change = (call: string, _count: number, images: Map<string, Image>): void => {
      if (!call.startsWith('delete')) return
      images.delete(digestOf('A'))
      images.get(digestOf('C'))!.tags = ['v4']
      throw named('TimeoutError')
    }
    const service = createService({ A: ['v1'], B: ['v2'], C: ['v3', 'v4'], D: [] }, { change })
    const deletions = ['A:v1', 'B:v2', 'C:v3!', 'D'].map((text) => planned(text))
    const { outcomes } = await run(service, deletions)
    expect(outcomes).toEqual({
      'A:v1': 'deleted',
      'B:v2': 'failed: TimeoutError happened',
      'C:v3': 'deleted',
      D: 'failed: TimeoutError happened'
    })
  })
})

describe('deletePlanned after a call without an answer', () => {
  const lost = (images: Map<string, Image>): void => {
    images.get(digestOf('A'))!.tags = []
    images.get(digestOf('B'))!.tags.push('v1')
    throw named('TimeoutError')
  }
  const first = `kept: ${digestOf('A')} must be deleted first, but was kept`

  test('keeps an image whose tag was moved, and all that must be deleted after it', async () => {
    const change = (call: string, _count: number, images: Map<string, Image>): void => {
      if (call === 'delete A:v1') lost(images)
    }
    const service = createService({ A: ['v1'], B: ['v2'], R: [] }, { change })
    const { outcomes } = await run(service, [planned('A:v1'), planned('R', 1, 'A')])
    const reason = `it was moved to ${digestOf('B')} after it was listed`
    expect(outcomes).toEqual({ 'A:v1': `kept: ${reason}`, R: first })
    expect(remaining(service)).toEqual(['A', 'B v2 v1', 'R'])
  })

  test.each(['describe A,B', 'describe v1'])(
    'reports a deletion as failed if its outcome cannot be read with %s',
    async (lookup) => {
      let isLost = false
      const change = (call: string, _count: number, images: Map<string, Image>): void => {
        if (call === 'delete A:v1,B') {
          isLost = true
          images.delete(digestOf('B'))
          images.get(digestOf('A'))!.tags = []
          throw named('TimeoutError')
        }
        if (isLost && call === lookup) throw named('ServerException')
      }
      const service = createService({ A: ['v1'], B: [], C: [], R: [] }, { change })
      const deletions = [planned('A:v1'), planned('B'), planned('R', 1, 'A')]
      const { outcomes } = await run(service, deletions)
      const failed =
        'failed: TimeoutError happened; its current state could not be read: ServerException happened'
      expect(outcomes).toEqual({
        'A:v1': failed,
        B: lookup === 'describe v1' ? 'deleted' : failed,
        R: first
      })
      expect(service.images.has(digestOf('R'))).toBe(true)
    }
  )

  test('stops if the run is cancelled while the outcome is read', async () => {
    const controller = new AbortController()
    const change = (call: string, count: number): void => {
      if (call.startsWith('delete')) throw named('TimeoutError')
      if (count < 3) return
      controller.abort(new Error('cancelled'))
      throw named('AbortError')
    }
    const service = createService({ A: ['v1'], B: [] }, { change })
    const deletions = [planned('A:v1'), planned('B', 1)]
    await expect(run(service, deletions, deletions, controller.signal)).rejects.toThrow('cancelled')
    expect(service.calls).toEqual(['describe A', 'delete A:v1', 'describe A'])
  })
})

describe('deletePlanned with an incomplete response', () => {
  const texts = ['A:v1', 'B:v2!', 'C']
  const images = { A: ['v1'], B: ['v2', 'v3'], C: [] }

  test('looks up what the response does not contain', async () => {
    for (const answer of [() => ({}), () => ({ imageIds: [], failures: [] })]) {
      const service = createService(images, { answer })
      const { outcomes } = await run(
        service,
        texts.map((text) => planned(text))
      )
      expect(outcomes).toEqual({ 'A:v1': 'deleted', 'B:v2': 'deleted', C: 'deleted' })
      expect(remaining(service)).toEqual(['B v3'])
    }
  })

  test('reports what still exists as failed', async () => {
    const service = createService(images)
    const send = service.api.send.bind(service.api) as (command: unknown) => Promise<unknown>
    const api = {
      send: (command: unknown) =>
        command instanceof BatchDeleteImageCommand ? Promise.resolve({}) : send(command)
    } as unknown as EcrPublicApi
    const { outcomes } = await run(
      { ...service, api },
      texts.map((text) => planned(text))
    )
    const reason = 'failed: the response does not contain it'
    expect(outcomes).toEqual({ 'A:v1': reason, 'B:v2': reason, C: reason })
  })

  test.each<[string, string, ImageFailure]>([
    ['A:v1', 'A:v1', { imageId: { imageTag: 'v1', imageDigest: digestOf('A') } }],
    ['A:v1', 'A:v1', { imageId: { imageTag: 'v1' } }],
    ['A:v1', 'A:v1', { imageId: { imageDigest: digestOf('A') } }],
    ['v2', 'B:v2', { imageId: { imageTag: 'v2', imageDigest: digestOf('B') } }],
    ['C', 'C', { imageId: { imageDigest: digestOf('C') } }]
  ])('assigns a failure of %s to its deletion: %s %j', async (id, name, failure) => {
    for (const failureCode of ['KmsError', 'ImageReferencedByManifestList'] as const) {
      const service = createService(images, { failures: { [id]: { ...failure, failureCode } } })
      const { outcomes } = await run(
        service,
        texts.map((text) => planned(text))
      )
      const others = { 'A:v1': 'deleted', 'B:v2': 'deleted', C: 'deleted' }
      expect(outcomes).toEqual({ ...others, [name]: `failed: ${failureCode}` })
    }
  })

  test.each(['KmsError', 'ImageReferencedByManifestList'] as const)(
    'does not assign the failure %s of a tag to the deletion of another tag of the same image',
    async (failureCode) => {
      const imageId = { imageTag: 'v1', imageDigest: digestOf('A') }
      const service = createService(
        { A: ['v1', 'v2', 'v3'] },
        { failures: { v1: { imageId, failureCode } } }
      )
      const { outcomes } = await run(service, [planned('A:v1!'), planned('A:v2!')])
      expect(outcomes).toEqual({ 'A:v1': `failed: ${failureCode}`, 'A:v2': 'deleted' })
    }
  )

  test('looks up a tag if the response contains only another tag of its image', async () => {
    const deleted = { imageTag: 'v1', imageDigest: digestOf('A') }
    const service = createService({ A: ['v1', 'v2', 'v3'] })
    const api = {
      send: (command: unknown) =>
        command instanceof BatchDeleteImageCommand
          ? Promise.resolve({ imageIds: [deleted] })
          : (service.api.send as (command: unknown) => Promise<unknown>)(command)
    } as unknown as EcrPublicApi
    const { outcomes } = await run({ ...service, api }, [planned('A:v1!'), planned('A:v2!')])
    expect(outcomes).toEqual({
      'A:v1': 'deleted',
      'A:v2': 'failed: the response does not contain it'
    })
  })

  test('looks up an image that the response contains as deleted and as failed', async () => {
    const failures = {
      'A:v1': { imageId: { imageTag: 'v1' }, failureCode: 'KmsError' as const }
    }
    const deleted = { imageTag: 'v1', imageDigest: digestOf('A') }
    const answer = ({ imageIds, failures: failed }: DeletionResponse) => ({
      imageIds: [...imageIds, deleted],
      failures: failed
    })
    const service = createService({ A: ['v1'], B: [] }, { failures, answer })
    const { outcomes } = await run(service, [planned('A:v1'), planned('B', 1, 'A')])
    expect(outcomes).toEqual({
      'A:v1': 'failed: KmsError',
      B: `kept: ${digestOf('A')} must be deleted first, but was kept`
    })
  })

  test('does not assign the failure of an image to the deletion of one of its tags', async () => {
    const imageId = { imageDigest: digestOf('A') }
    const failures = { v1: { imageId, failureCode: 'ImageReferencedByManifestList' as const } }
    const service = createService({ A: ['v1', 'v2'] }, { failures })
    const { outcomes } = await run(service, [planned('A:v1!')])
    expect(outcomes).toEqual({ 'A:v1': 'failed: the response does not contain it' })
    expect(service.calls.filter((call) => call.startsWith('delete'))).toEqual(['delete v1'])
  })

  test('does not assign the failure of a tag to the deletion of its image', async () => {
    const imageId = { imageTag: 'v1' }
    const failures = { A: { imageId, failureCode: 'ImageReferencedByManifestList' as const } }
    const service = createService({ A: ['v1'] }, { failures, keepsUntagged: true })
    const { outcomes } = await run(service, [planned('A:v1')])
    expect(outcomes).toEqual({
      'A:v1': 'failed: its tag was deleted but its image was not: the response does not contain it'
    })
    expect(service.calls.filter((call) => call.startsWith('delete'))).toEqual([
      'delete A:v1',
      'delete A'
    ])
  })

  test('warns of a tag that was created just before the deletion and was deleted too', async () => {
    const created = { imageTag: 'new', imageDigest: digestOf('C') }
    const answer = ({ imageIds }: DeletionResponse) => ({ imageIds: [...imageIds, created] })
    const { outcomes, warnings } = await run(createService(images, { answer }), [planned('C')])
    expect(outcomes).toEqual({ C: 'deleted' })
    expect(warnings).toEqual([
      `team/app: Tag new of ${digestOf('C')} was created just before the deletion and was deleted too.`
    ])
  })

  test.each(['describe', 'delete'])(
    'stops if the run is cancelled during %s',
    async (operation) => {
      const controller = new AbortController()
      const change = (call: string): void => {
        if (!call.startsWith(operation)) return
        controller.abort(new Error('cancelled'))
        throw named('AbortError')
      }
      const service = createService({ A: ['v1'], B: [] }, { change })
      const deletions = [planned('A:v1'), planned('B', 1)]
      await expect(run(service, deletions, deletions, controller.signal)).rejects.toThrow(
        'cancelled'
      )
      expect(service.calls).toHaveLength(operation === 'describe' ? 1 : 2)
    }
  )
})

describe('deletePlanned on a service that keeps images without tags', () => {
  test('deletes the images by their digests, after another check', async () => {
    const service = createService({ A: ['v1'], B: ['v2'] }, { keepsUntagged: true })
    const { outcomes } = await run(service, [planned('A:v1'), planned('B:v2')])
    expect(outcomes).toEqual({ 'A:v1': 'deleted', 'B:v2': 'deleted' })
    expect(remaining(service)).toEqual([])
    expect(service.calls).toEqual([
      'describe A,B',
      'delete A:v1,B:v2',
      'describe A',
      'describe A,B',
      'delete A,B'
    ])
  })

  test.each([
    ['keeps images', true, ['describe A', 'describe A', 'delete A', 'describe B', 'delete B']],
    ['deletes images', false, ['describe A']]
  ])(
    'finds out once that the service %s without their last tag',
    async (_name, keepsUntagged, more) => {
      const service = createService({ A: ['v1'], B: ['v2'] }, { keepsUntagged })
      await run(service, [planned('A:v1'), planned('B:v2', 1)])
      expect(remaining(service)).toEqual([])
      const requested = ['describe A', 'delete A:v1', 'describe B', 'delete B:v2']
      expect(service.calls.toSorted()).toEqual([...requested, ...more].sort())
    }
  )

  test('finds it out with the next image if the first one was pushed again', async () => {
    const change = (_call: string, count: number, images: Map<string, Image>): void => {
      if (count === 3) images.get(digestOf('A'))!.tags.push('new')
    }
    const service = createService({ A: ['v1'], B: ['v2'] }, { keepsUntagged: true, change })
    const { outcomes } = await run(service, [planned('A:v1'), planned('B:v2', 1)])
    expect(outcomes).toEqual({ 'A:v1': 'deleted', 'B:v2': 'deleted' })
    expect(remaining(service)).toEqual(['A new'])
    expect(service.calls.slice(-2)).toEqual(['describe B', 'delete B'])
  })

  test.each([false, true])(
    'reports the tag as deleted if the image cannot be read then, and stops if cancelled: %p',
    async (isCancelled) => {
      const controller = new AbortController()
      const change = (_call: string, count: number): void => {
        if (count !== 3) return
        if (isCancelled) controller.abort(new Error('cancelled'))
        throw named('ServerException')
      }
      const service = createService({ A: ['v1'], B: [] }, { keepsUntagged: true, change })
      const deletions = [planned('A:v1'), planned('B', 1)]
      const result = run(service, deletions, deletions, controller.signal)
      if (isCancelled) {
        await expect(result).rejects.toThrow('cancelled')
        return
      }
      const { outcomes, warnings } = await result
      expect(outcomes).toEqual({ 'A:v1': 'deleted', B: 'deleted' })
      expect(warnings).toEqual(['team/app: ServerException happened'])
    }
  )

  test('keeps an image that was tagged again in between', async () => {
    const change = (_call: string, count: number, images: Map<string, Image>): void => {
      if (count === 4) images.get(digestOf('A'))!.tags.push('new')
    }
    const service = createService({ A: ['v1'], B: ['v2'] }, { keepsUntagged: true, change })
    const { outcomes } = await run(service, [planned('A:v1'), planned('B:v2')])
    // The tag is deleted, and the image is not.
    expect(outcomes).toEqual({ 'A:v1': 'deleted', 'B:v2': 'deleted' })
    expect(remaining(service)).toEqual(['A new'])
  })

  test('reports that a tag was deleted and its image was not', async () => {
    const change = (call: string): void => {
      if (call === 'delete A') throw named('ServerException')
    }
    const service = createService({ A: ['v1'] }, { keepsUntagged: true, change })
    const { outcomes } = await run(service, [planned('A:v1')])
    expect(outcomes['A:v1']).toBe(
      'failed: its tag was deleted but its image was not: ServerException happened'
    )
  })
})

describe('deletePlanned on a service that refuses deletions', () => {
  test('retries refused deletions once, with referrers first if only deleted images refer to them', async () => {
    const service = createService({ A: ['v1'], R: [] }, { heldBy: { A: 'R' } })
    const deletions = [planned('A:v1'), planned('R', 1, 'A')]
    const [subject, referrer] = deletions as [PlannedDeletion, PlannedDeletion]
    const referrersFirst = [
      { ...referrer, phase: 0, after: [] },
      { ...subject, phase: 1, after: [referrer.row.digest] }
    ]
    const { outcomes } = await run(service, deletions, referrersFirst)
    expect(outcomes).toEqual({ 'A:v1': 'deleted', R: 'deleted' })
    expect(service.calls.filter((call) => call.startsWith('delete'))).toEqual([
      'delete A:v1',
      'delete R',
      'delete A:v1'
    ])
  })

  test.each([
    ['is kept', { A: 'K' }, true],
    ['is unknown', { A: 'K' }, false]
  ])('keeps the referrers of an image whose holder %s', async (_name, heldBy, namesHolder) => {
    const service = createService({ A: ['v1'], K: ['keep'], R: [] }, { heldBy, namesHolder })
    const deletions = [planned('A:v1'), planned('R', 1, 'A')]
    const [subject, referrer] = deletions as [PlannedDeletion, PlannedDeletion]
    const { outcomes } = await run(service, deletions, [
      { ...referrer, phase: 0, after: [] },
      { ...subject, phase: 1, after: [referrer.row.digest] }
    ])
    expect(outcomes['A:v1']).toMatch(/^failed: ImageReferencedByManifestList: /)
    expect(outcomes.R).toBe(`kept: ${digestOf('A')} must be deleted first, but was kept`)
    expect(remaining(service)).toEqual(['A v1', 'K keep', 'R'])
  })

  const refusal = (tag: string, ...holders: string[]): ImageFailure => ({
    imageId: { imageTag: tag },
    failureCode: 'ImageReferencedByManifestList',
    failureReason: `Requested image referenced by manifest list: [${holders.map(digestOf).join()}]`
  })

  test.each<[string, Readonly<Record<string, ImageFailure>>]>([
    ['one of its holders', { 'A:v1': refusal('v1', 'R', 'K') }],
    [
      'its holder, of which only a tag is deleted',
      { 'A:v1': refusal('v1', 'K'), k1: refusal('k1', 'A') }
    ]
  ])('keeps the referrers of an image if %s is kept', async (_name, failures) => {
    const service = createService({ A: ['v1'], K: ['k1', 'keep'], R: [] }, { failures })
    const deletions = [planned('K:k1!'), planned('A:v1'), planned('R', 1, 'A')]
    const [tag, subject, referrer] = deletions as [
      PlannedDeletion,
      PlannedDeletion,
      PlannedDeletion
    ]
    const { outcomes } = await run(service, deletions, [
      tag,
      { ...referrer, phase: 0, after: [] },
      { ...subject, phase: 1, after: [referrer.row.digest] }
    ])
    expect(outcomes.R).toBe(`kept: ${digestOf('A')} must be deleted first, but was kept`)
    expect(service.images.has(digestOf('R'))).toBe(true)
  })
})
