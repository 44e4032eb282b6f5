import { shortDigest } from '../oci/digest.js'
import { platformName } from '../oci/manifest.js'
import type { Log } from '../runner/deps.js'
import { describeChange, hasChanges } from '../runner/plan.js'
import type { Change } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import type { SummaryBlock } from '../runner/summary.js'
import type { TagDecision } from './decide-tags.js'
import { megabytes } from './progress.js'
import type { PushedLayer } from './push-layer.js'
import type { PlatformImage, RelatedManifest } from './push-plan.js'
import type { ReferrerTagDecision } from './referrer-tags.js'
import type { PushTarget } from './resolve-target.js'

/** The result of a push, or of its dry run. */
export interface PushedImage {
  /** The digest of the image, or `undefined` if all tags were skipped and nothing was pushed. */
  readonly digest: string | undefined
  /** `true` if the repository did not have the image. */
  readonly isNew: boolean
  readonly tags: readonly TagDecision[]
  readonly referrerTags: readonly ReferrerTagDecision[]
  /** Each layer once. */
  readonly layers: readonly PushedLayer[]
  readonly relatedManifests: readonly RelatedManifest[]
  readonly platforms: readonly PlatformImage[]
}

const SKIPPED_NOTICE =
  'The image was not pushed, because all tags refer to other images and "if-tag-exists" is "skip". The outputs "digest" and "image-uri" are empty.'

/** Logs the result of a push and returns its report. */
export function reportPush(
  pushed: PushedImage,
  target: PushTarget,
  dryRun: boolean,
  log: Log
): Report {
  const plan = planOf(pushed, target.name)
  const { digest } = pushed
  if (digest === undefined) log.notice(SKIPPED_NOTICE)
  for (const layer of pushed.layers) log.info(layerLine(layer, dryRun))
  for (const change of plan) {
    if (change.kind !== 'layer') log.info(describeChange(change))
  }
  return {
    changed: hasChanges(plan),
    plan,
    repositories: [target.name],
    outputs: {
      // A skipped tag refers to another image, which a later step must not sign or deploy as this one.
      digest: digest ?? '',
      'image-uri': digest === undefined ? '' : `${target.uri}@${digest}`,
      'repository-uri': target.uri,
      'image-uris': withoutSkipped(pushed.tags).map(({ tag }) => `${target.uri}:${tag}`),
      platforms: pushed.platforms.map(platformOutput),
      'uploaded-bytes': uploadedBytes(pushed.layers),
      'reused-bytes': reusedBytes(pushed.layers)
    },
    summary: summaryOf(pushed, target.uri, dryRun)
  }
}

function withoutSkipped(tags: readonly TagDecision[]): TagDecision[] {
  return tags.filter(({ action }) => action !== 'skip')
}

/** Returns an item of the output `platforms`. Images for different versions of Windows differ in the version only. */
function platformOutput({ platform, digest, size }: PlatformImage): Record<string, unknown> {
  const { osVersion } = platform
  return {
    platform: platformName(platform),
    ...(osVersion === undefined ? {} : { osVersion }),
    digest,
    size
  }
}

function planOf(pushed: PushedImage, repositoryName: string): Change[] {
  const { digest, isNew, layers, relatedManifests, tags, referrerTags } = pushed
  return [
    ...layers.map((layer) => layerChange(layer, repositoryName)),
    ...relatedManifests.map((manifest) => manifestChange(manifest, repositoryName)),
    ...(digest === undefined ? [] : [imageChange(digest, isNew, repositoryName)]),
    ...tags.map((tag) => tagChange(tag, digest, repositoryName)),
    ...referrerTags.map((tag) => referrerTagChange(tag, repositoryName))
  ]
}

const LAYER_REASONS: Readonly<Record<PushedLayer['result'], string>> = {
  uploaded: 'the repository does not have this layer',
  found: 'the repository already has this layer',
  reused: 'the repository already has a layer with the same content',
  foreign: 'the layer is stored outside the registry'
}

function layerChange({ descriptor, result }: PushedLayer, repositoryName: string): Change {
  return {
    action: result === 'uploaded' ? 'push' : 'keep',
    kind: 'layer',
    target: `${repositoryName}@${descriptor.digest}`,
    reason: LAYER_REASONS[result],
    size: descriptor.size
  }
}

function manifestChange(
  { digest, platform, isNew, isReferrer }: RelatedManifest,
  repositoryName: string
): Change {
  return {
    action: isNew ? 'push' : 'keep',
    kind: 'manifest',
    target: `${repositoryName}@${digest}`,
    reason: isReferrer ? 'referrer of the image' : 'manifest of the image index',
    ...(platform === undefined ? {} : { platform: platformName(platform) })
  }
}

function imageChange(digest: string, isNew: boolean, repositoryName: string): Change {
  return {
    action: isNew ? 'push' : 'keep',
    kind: 'image',
    target: `${repositoryName}@${digest}`,
    reason: isNew
      ? 'the repository does not have this image'
      : 'the repository already has this image'
  }
}

function tagChange(
  { tag, action, digest: current }: TagDecision,
  digest: string | undefined,
  repositoryName: string
): Change {
  const reasons: Readonly<Record<TagDecision['action'], string>> = {
    create: 'the tag does not exist yet',
    move: `the tag refers to ${current ?? ''}`,
    keep: 'the tag already refers to this image',
    skip: `the tag refers to ${current ?? ''}, and "if-tag-exists" is "skip"`
  }
  return {
    action: action === 'skip' ? 'keep' : action,
    kind: 'tag',
    target: `${repositoryName}:${tag}`,
    reason: reasons[action],
    ...(action === 'skip' || digest === undefined ? {} : { digest })
  }
}

function referrerTagChange(
  { tag, digest, action, current }: ReferrerTagDecision,
  repositoryName: string
): Change {
  const reasons: Readonly<Record<ReferrerTagDecision['action'], string>> = {
    create: 'tag of a referrer of the image',
    move: `the tag refers to an earlier version of the referrer (${current ?? ''})`,
    keep: 'the tag already exists'
  }
  return {
    action,
    kind: 'tag',
    target: `${repositoryName}:${tag}`,
    reason: reasons[action],
    digest
  }
}

function uploadedBytes(layers: readonly PushedLayer[]): number {
  return totalBytes(layers.filter(({ result }) => result === 'uploaded'))
}

function reusedBytes(layers: readonly PushedLayer[]): number {
  return totalBytes(layers.filter(({ result }) => result === 'found' || result === 'reused'))
}

function totalBytes(layers: readonly PushedLayer[]): number {
  return layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0)
}

const WOULD_BE_UPLOADED = 'would be uploaded'

const RESULT_NAMES: Readonly<Record<PushedLayer['result'], string>> = {
  uploaded: 'uploaded',
  found: 'already in the repository',
  reused: 'reused',
  foreign: 'foreign layer, not uploaded'
}

function summaryOf(
  { digest, layers, tags, platforms }: PushedImage,
  repositoryUri: string,
  dryRun: boolean
): SummaryBlock[] {
  const set = withoutSkipped(tags)
  const skipped = tags.filter(({ action }) => action === 'skip')
  const names = (list: readonly TagDecision[]): string => list.map(({ tag }) => tag).join(', ')
  return [
    ...(digest === undefined || set.length === 0
      ? []
      : [paragraph(`${repositoryUri}@${digest}, tags: ${names(set)}`)]),
    ...(skipped.length === 0
      ? []
      : [paragraph(`Not moved because they refer to other images: ${names(skipped)}`)]),
    ...(platforms.length > 1 ? [platformTable(platforms)] : []),
    {
      kind: 'table',
      columns: ['Layer', 'Size', 'Result', 'Time'],
      rows: layers.map((layer) => [
        shortDigest(layer.descriptor.digest),
        megabytes(layer.descriptor.size),
        resultName(layer, dryRun),
        layer.result === 'uploaded' && !dryRun ? seconds(layer.milliseconds) : ''
      ])
    },
    paragraph(
      `${megabytes(uploadedBytes(layers))} ${dryRun ? WOULD_BE_UPLOADED : 'uploaded'}, ${megabytes(reusedBytes(layers))} already in the repository`
    ),
    ...(digest === undefined ? [] : [pullCommand(repositoryUri, set[0]?.tag, digest)])
  ]
}

function pullCommand(uri: string, tag: string | undefined, digest: string): SummaryBlock {
  const reference = tag === undefined ? `${uri}@${digest}` : `${uri}:${tag}`
  return { kind: 'code', language: 'sh', text: `docker pull ${reference}` }
}

function platformTable(platforms: readonly PlatformImage[]): SummaryBlock {
  return {
    kind: 'table',
    columns: ['Platform', 'Digest', 'Size'],
    rows: platforms.map(({ platform, digest, size }) => [
      [platformName(platform), platform.osVersion].filter(Boolean).join(' '),
      shortDigest(digest),
      megabytes(size)
    ])
  }
}

function paragraph(text: string): SummaryBlock {
  return { kind: 'paragraph', text }
}

function layerLine(layer: PushedLayer, dryRun: boolean): string {
  const { descriptor, result, milliseconds } = layer
  const size = megabytes(descriptor.size).padStart(10)
  const time = result === 'uploaded' && !dryRun ? ` in ${seconds(milliseconds)}` : ''
  return `${shortDigest(descriptor.digest)}  ${size}  ${resultName(layer, dryRun)}${time}`
}

function resultName({ result }: PushedLayer, dryRun: boolean): string {
  return dryRun && result === 'uploaded' ? WOULD_BE_UPLOADED : RESULT_NAMES[result]
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
