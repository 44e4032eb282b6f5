import { shortDigest } from '../oci/digest.js'
import { platformName } from '../oci/manifest.js'
import { hasChanges } from '../runner/plan.js'
import type { Change, ChangeAction } from '../runner/plan.js'
import type { Report } from '../runner/report.js'
import type { SummaryBlock } from '../runner/summary.js'
import { megabytes } from './progress.js'
import type { LayerOutcome } from './push-layer.js'
import type { PushedImage } from './pushed-image.js'
import type { TagDecision } from './tag-decisions.js'
import type { PushTarget } from './target.js'

/** What a push has to say. */
export function pushReport(pushed: PushedImage, target: PushTarget): Report {
  const plan = planOf(pushed, target)
  const digest = digestOf(pushed)
  return {
    changed: hasChanges(plan),
    plan,
    repositories: [target.name],
    outputs: {
      digest,
      'image-uri': `${target.uri}@${digest}`,
      'image-uris': pushed.tags.map(({ tag }) => `${target.uri}:${tag}`),
      'uploaded-bytes': bytesOf(pushed.layers, ['uploaded']),
      'reused-bytes': bytesOf(pushed.layers, ['found', 'reused'])
    },
    summary: summaryOf(pushed, target, digest)
  }
}

/** Of the image; where all tags were skipped, of the one that the first of them names. */
function digestOf({ root, tags }: PushedImage): string {
  return root?.digest ?? tags[0]?.digest ?? ''
}

function planOf(pushed: PushedImage, target: PushTarget): Change[] {
  const { root, isNew, layers, parts, tags } = pushed
  const at = (digest: string): string => `${target.name}@${digest}`
  return [
    ...layers.map((layer) => layerChange(layer, target)),
    ...parts.map(({ digest, platform, isNew: isNewPart, isReferrer }): Change => ({
      action: isNewPart ? 'push' : 'keep',
      kind: 'manifest',
      target: at(digest),
      reason: isReferrer ? 'refers to the image' : 'part of the image',
      ...(platform === undefined ? {} : { platform: platformName(platform) })
    })),
    ...(root === undefined
      ? []
      : [
          {
            action: isNew ? 'push' : 'keep',
            kind: 'image',
            target: at(root.digest),
            reason: isNew ? 'the repository does not have it' : 'the repository has it'
          } satisfies Change
        ]),
    ...tags.map((tag) => tagChange(tag, target, root?.digest))
  ]
}

const FATES: Readonly<Record<LayerOutcome['fate'], string>> = {
  uploaded: 'the repository does not have it',
  found: 'the repository has it',
  reused: 'the repository has the same layer',
  foreign: 'it stays where its URLs point'
}

function layerChange({ descriptor, fate }: LayerOutcome, target: PushTarget): Change {
  return {
    action: fate === 'uploaded' ? 'push' : 'keep',
    kind: 'layer',
    target: `${target.name}@${descriptor.digest}`,
    reason: FATES[fate],
    size: descriptor.size
  }
}

function tagChange(
  { tag, action, digest: now }: TagDecision,
  target: PushTarget,
  digest: string | undefined
): Change {
  const actions: Readonly<Record<TagDecision['action'], ChangeAction>> = {
    create: 'create',
    move: 'move',
    keep: 'keep',
    skip: 'keep'
  }
  const reasons: Readonly<Record<TagDecision['action'], string>> = {
    create: 'it does not exist yet',
    move: `it names ${now ?? ''}`,
    keep: 'it names the image',
    skip: `it names ${now ?? ''}, and "if-tag-exists" is skip`
  }
  return {
    action: actions[action],
    kind: 'tag',
    target: `${target.name}:${tag}`,
    reason: reasons[action],
    ...(action === 'skip' || digest === undefined ? {} : { digest })
  }
}

function bytesOf(layers: readonly LayerOutcome[], fates: readonly LayerOutcome['fate'][]): number {
  return layers
    .filter(({ fate }) => fates.includes(fate))
    .reduce((sum, { descriptor }) => sum + descriptor.size, 0)
}

const RESULTS: Readonly<Record<LayerOutcome['fate'], string>> = {
  uploaded: 'uploaded',
  found: 'already there',
  reused: 'reused',
  foreign: 'foreign'
}

function summaryOf(pushed: PushedImage, target: PushTarget, digest: string): SummaryBlock[] {
  const { layers, tags } = pushed
  const set = tags.filter(({ action }) => action !== 'skip')
  const skipped = tags.filter(({ action }) => action === 'skip')
  const names = (list: readonly TagDecision[]): string => list.map(({ tag }) => tag).join(', ')
  const reference = set[0] === undefined ? `@${digest}` : `:${set[0].tag}`
  return [
    ...(set.length === 0 ? [] : [paragraph(`${target.uri}@${digest} – tags: ${names(set)}`)]),
    ...(skipped.length === 0
      ? []
      : [paragraph(`Left as they are, since they name other images: ${names(skipped)}`)]),
    {
      kind: 'table',
      columns: ['Layer', 'Size', 'Result', 'Time'],
      rows: layers.map(({ descriptor, fate, milliseconds }) => [
        shortDigest(descriptor.digest),
        megabytes(descriptor.size),
        RESULTS[fate],
        fate === 'uploaded' ? `${(milliseconds / 1000).toFixed(1)} s` : ''
      ])
    },
    paragraph(
      `${megabytes(bytesOf(layers, ['uploaded']))} uploaded, ${megabytes(bytesOf(layers, ['found', 'reused']))} found in the repository`
    ),
    { kind: 'code', language: 'sh', text: `docker pull ${target.uri}${reference}` }
  ]
}

function paragraph(text: string): SummaryBlock {
  return { kind: 'paragraph', text }
}

/** The table of the summary as lines of the log. */
export function layerLines(pushed: PushedImage): string[] {
  return pushed.layers.map(
    ({ descriptor, fate, milliseconds }) =>
      `${shortDigest(descriptor.digest)}  ${megabytes(descriptor.size).padStart(10)}  ${RESULTS[fate]}${
        fate === 'uploaded' ? ` in ${(milliseconds / 1000).toFixed(1)} s` : ''
      }`
  )
}
