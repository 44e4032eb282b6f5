import { problem } from '../errors.js'
import type { InputReader } from './input-reader.js'
import type { CommonInputs, PushTarInputs } from './types.js'

/** @throws ActionError where one is malformed, or two do not go together */
export function readPushTarInputs(common: CommonInputs, reader: InputReader): PushTarInputs {
  const repositories = reader.requiredList('repository')
  const [repository] = repositories
  if (repository === undefined || repositories.length > 1) {
    throw problem({
      what: 'Input "repository" names several repositories',
      value: repositories.join(', '),
      expected: 'one name in mode push-tar',
      fix: 'use a matrix, one job or step a repository'
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
    imageTags: reader.list('image-tags'),
    compression,
    compressionLevel,
    ifTagExists: reader.choice('if-tag-exists'),
    reuseLayers: reader.boolean('reuse-layers'),
    concurrency: reader.integer('concurrency')
  }
}

function readPushSource(reader: InputReader): PushTarInputs['source'] {
  const path = reader.text('tar')
  const reference = reader.text('image')
  if (path !== undefined && reference === undefined) return { kind: 'tar', path }
  if (path === undefined && reference !== undefined) return { kind: 'image', reference }
  throw problem({
    what:
      path === undefined
        ? 'Neither input "tar" nor input "image" is given'
        : 'Inputs "tar" and "image" are both given',
    expected: 'exactly one of them',
    fix: '"tar" is the path of an archive, "image" a local image of docker or podman'
  })
}

function checkCompressionLevel(compression: string, level: number | undefined): void {
  if (level === undefined) return
  if (compression === 'none') {
    throw problem({
      what: 'Input "compression-level" does not go with compression: none',
      value: String(level),
      fix: 'remove one of them'
    })
  }
  if (compression === 'gzip' && level > 9) {
    throw problem({
      what: 'Input "compression-level" is out of range for gzip',
      value: String(level),
      expected: '1 to 9 (1 to 19 for zstd)'
    })
  }
}
