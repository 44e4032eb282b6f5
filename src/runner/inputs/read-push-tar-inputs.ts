import { problem } from '../errors.js'
import type { InputReader } from './input-reader.js'
import type { CommonInputs } from './read-common-inputs.js'

/** The inputs of mode push-tar. */
export interface PushTarInputs extends CommonInputs {
  readonly mode: 'push-tar'
  readonly repository: string
  /** The lines of the input `tar` (paths or globs), an image of Docker or Podman, or an image of the registry. */
  readonly source:
    | { readonly kind: 'tar'; readonly lines: readonly string[] }
    | { readonly kind: 'image'; readonly reference: string }
    | { readonly kind: 'from'; readonly reference: string }
  readonly archiveImage?: string | undefined
  /** Tags and whole references. `undefined`: the tags in the archives. Empty: no tag. */
  readonly imageTags?: readonly string[] | undefined
  readonly compression: 'gzip' | 'zstd' | 'none'
  /** `undefined`: the default level of the compression. */
  readonly compressionLevel?: number | undefined
  readonly ifTagExists: 'move' | 'skip' | 'fail'
  readonly reuseLayers: boolean
  readonly concurrency: number
  /** Waits until every tag can be pulled. */
  readonly wait: boolean
}

/** The inputs that select and compress the image of an archive. */
const ARCHIVE_INPUTS = [
  'archive-image',
  'compression',
  'compression-level',
  'reuse-layers'
] as const

/** @throws ActionError if an input is invalid, or two inputs cannot be used together */
export function readPushTarInputs(common: CommonInputs, reader: InputReader): PushTarInputs {
  const repositories = [...new Set(reader.requiredList('repository'))]
  const [repository] = repositories
  if (repository === undefined || repositories.length > 1) {
    throw problem({
      what: 'Input "repository" contains several repositories',
      value: repositories.join(', '),
      expected: 'Use one name in mode push-tar.',
      fix: 'Use a matrix to push to several repositories.'
    })
  }
  const compression = reader.choice('compression')
  const compressionLevel = reader.optionalInteger('compression-level')
  checkCompressionLevel(compression, compressionLevel)
  return {
    mode: 'push-tar',
    ...common,
    repository,
    source: readPushSource(reader),
    archiveImage: reader.text('archive-image'),
    imageTags: readImageTags(reader),
    compression,
    compressionLevel,
    ifTagExists: reader.choice('if-tag-exists'),
    reuseLayers: reader.boolean('reuse-layers'),
    concurrency: reader.integer('concurrency'),
    wait: reader.boolean('wait')
  }
}

function readPushSource(reader: InputReader): PushTarInputs['source'] {
  const lines = readLines(reader)
  const image = reader.text('image')
  const from = reader.text('from')
  const given = Object.entries({ tar: lines, image, from }).filter(
    ([, value]) => value !== undefined
  )
  if (given.length !== 1) {
    const names = given.map(([name]) => `"${name}"`).join(' and ')
    throw problem({
      what:
        given.length === 0
          ? 'None of the inputs "tar", "image" and "from" is given'
          : `Inputs ${names} cannot be used together`,
      expected:
        'Use "tar" for the paths of archives, "image" for a local image of Docker or Podman, or "from" for an image of the same registry.'
    })
  }
  if (lines !== undefined) return { kind: 'tar', lines }
  if (image !== undefined) return { kind: 'image', reference: image }
  checkPromotion(reader)
  return { kind: 'from', reference: from ?? '' }
}

/** Checks the other inputs of a promotion. */
function checkPromotion(reader: InputReader): void {
  if (reader.list('image-tags') === undefined) {
    throw problem({
      what: 'Input "from" requires the input "image-tags"',
      fix: 'Set "image-tags" to the tags that the image gets in "repository".'
    })
  }
  const conflicting = ARCHIVE_INPUTS.find((name) => reader.isGiven(name))
  if (conflicting === undefined) return
  throw problem({
    what: `Input "${conflicting}" cannot be used with "from"`,
    value: reader.text(conflicting),
    reason: 'A promotion copies the image and its layers unchanged.',
    fix:
      conflicting === 'archive-image'
        ? 'Remove "archive-image", and name the image in "from" by its tag or digest.'
        : `Remove "${conflicting}".`
  })
}

/** Returns the lines as they are, because a path can contain a comma. */
function readLines(reader: InputReader): string[] | undefined {
  if (reader.list('tar') === undefined) return undefined
  return (reader.text('tar') ?? '')
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
}

function readImageTags(reader: InputReader): string[] | undefined {
  const items = reader.list('image-tags')
  if (items?.includes('none') !== true) return items
  if (items.length === 1) return []
  throw problem({
    what: 'Input "image-tags" contains "none" and tags',
    value: items.join(', '),
    expected: 'Use "none" alone to push the image without a tag.'
  })
}

function checkCompressionLevel(compression: string, level: number | undefined): void {
  if (level === undefined) return
  if (compression === 'none') {
    throw problem({
      what: 'Input "compression-level" cannot be used with "compression: none"',
      value: String(level),
      fix: 'Remove one of the two inputs.'
    })
  }
  if (compression === 'gzip' && level > 9) {
    throw problem({
      what: 'Input "compression-level" is out of range for gzip',
      value: String(level),
      expected: 'Use 1 to 9 for gzip, or 1 to 19 for zstd.'
    })
  }
}
