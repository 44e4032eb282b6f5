import { galleryUrl } from '../ecr-public/gallery-url.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { Deps, Registry } from '../runner/deps.js'
import type { Change } from '../runner/plan.js'
import { getCatalogData } from './get-catalog-data.js'
import type { CatalogField, CurrentCatalogData, RequestedCatalogData } from './get-catalog-data.js'
import { compareCatalogData } from './compare-catalog-data.js'
import type { FieldComparison } from './compare-catalog-data.js'
import type { Annotation } from './annotation.js'
import type { LocalTexts } from './create-text-reader.js'
import type { MissingLinks } from './describe-links.js'
import { fetchLogo } from './fetch-logo.js'
import type { BadgeKind } from './badges.js'
import { readImageBadges } from './read-image-badges.js'
import type { ImageBadges } from './read-image-badges.js'
import { MAX_DESCRIPTION_LENGTH, MAX_TEXT_LENGTH } from './markdown/catalog-texts.js'
import type { RequestedValues } from './read-requested-values.js'
import type { CatalogTarget } from './select-targets.js'
import { textDiff } from './text-diff.js'

/** A row of the plan and the field of the API's input that it changes. */
export interface FieldChange {
  readonly field: CatalogField | 'logoImageBlob'
  readonly change: Change
  /** A unified diff, for texts and badges that change. */
  readonly diff?: string | undefined
}

/** The changes of one repository's catalog data. */
export interface CatalogPlan {
  readonly address: RepositoryAddress & { readonly repositoryName: string }
  readonly galleryUrl: string
  readonly fields: readonly FieldChange[]
  /** The requested fields without the texts, which are read again before they are written to save memory. */
  readonly requested: RequestedCatalogData
  readonly isTruncated: boolean
  readonly annotations: readonly Annotation[]
  readonly missingLinks: readonly MissingLinks[]
}

/** The values and functions that planning a repository needs. */
export interface PlanContext {
  readonly requested: RequestedValues
  readonly registryId: string | undefined
  /** Opens the registry of a repository, to read badges from its images. */
  readonly openSource: (
    repositoryUri: string
  ) => Promise<{ readonly registry: Registry; readonly path: string }>
  /** Returns a diff, or a replacement if the step has too many diffs. */
  readonly limitDiff: (diff: string) => string
  readonly deps: Pick<Deps, 'api' | 'env' | 'signal'>
}

/** Reads the current catalog data of a repository and compares it with the requested data. */
export async function planCatalog(
  { repository: { repositoryName = '', repositoryUri = '' }, exists }: CatalogTarget,
  texts: LocalTexts,
  context: PlanContext
): Promise<CatalogPlan> {
  const { deps, limitDiff } = context
  const address = { repositoryName, registryId: context.registryId }
  const current = exists ? await getCatalogData(deps.api, address) : {}
  const annotations = [...texts.annotations]
  if (!exists) annotations.push(missingRepository(repositoryName))
  const requested: RequestedCatalogData = {
    description: context.requested.description,
    ...(await resolveBadges({ ...address, repositoryUri, exists }, current, context, annotations))
  }
  const whole = { ...requested, aboutText: texts.aboutText, usageText: texts.usageText }
  const fields = compareCatalogData(current, whole).map((comparison): FieldChange => {
    const row = planField(repositoryName, comparison, current, whole, texts)
    return { ...row, diff: row.diff === undefined ? undefined : limitDiff(row.diff) }
  })
  if (texts.logo !== undefined) {
    fields.push(await planLogo(repositoryName, texts.logo, current.logoUrl, deps, annotations))
  }
  return {
    address,
    galleryUrl: galleryUrl(repositoryUri),
    fields,
    requested,
    isTruncated: texts.truncated.length > 0,
    annotations,
    missingLinks: texts.missingLinks
  }
}

function missingRepository(name: string): Annotation {
  const text = 'does not exist yet. The dry run treats it as empty.'
  return { level: 'warning', text: `${name} ${text}`, kind: `A repository ${text}` }
}

/** The repository whose images badges are read from. */
interface BadgeSource extends RepositoryAddress {
  readonly repositoryName: string
  readonly repositoryUri: string
  readonly exists: boolean
}

/**
 * Returns the requested badges. `auto` is replaced by the badges of the images in the repository. If an image could not be
 * read, the current badges are kept as well, because it can be for any platform.
 */
async function resolveBadges(
  target: BadgeSource,
  current: CurrentCatalogData,
  { requested, deps, openSource }: PlanContext,
  annotations: Annotation[]
): Promise<Pick<RequestedCatalogData, BadgeKind>> {
  const { architectures, operatingSystems } = requested.badges
  if (architectures !== 'auto' && operatingSystems !== 'auto') {
    return { architectures, operatingSystems }
  }
  const { repositoryName, registryId, repositoryUri, exists } = target
  const images: ImageBadges = exists
    ? await openSource(repositoryUri).then(({ registry, path }) =>
        readImageBadges(deps.api, { repositoryName, registryId }, registry, path)
      )
    : { badges: undefined, others: [], skipped: [] }
  annotations.push(...describeImages(repositoryName, images))
  const { badges, skipped } = images
  const resolve = (kind: BadgeKind): readonly string[] | undefined => {
    const value = requested.badges[kind]
    if (value !== 'auto') return value
    if (badges === undefined || skipped.length === 0) return badges?.[kind]
    return [...new Set([...(current[kind] ?? []), ...badges[kind]])]
  }
  return {
    architectures: resolve('architectures'),
    operatingSystems: resolve('operatingSystems')
  }
}

/** Describes the images that do not give a badge. */
function describeImages(name: string, { badges, others, skipped }: ImageBadges): Annotation[] {
  const annotation = (level: Annotation['level'], text: string, end: string): Annotation => ({
    level,
    text: `${name} ${text}${end}`,
    kind: `A repository ${text}.`
  })
  const annotations: Annotation[] = []
  const [first] = skipped
  if (first !== undefined) {
    const text =
      'contains images that could not be read, so no badge is removed from the fields set to "auto"'
    const digests = skipped.map(({ digest }) => digest).join(', ')
    annotations.push(annotation('warning', text, `: ${digests}. First error: ${first.reason}`))
  } else if (badges === undefined) {
    const text =
      'does not contain an image with a platform, so the badges set to "auto" are not changed'
    annotations.push(annotation('notice', text, '.'))
  }
  if (others.length > 0) {
    const text = 'contains images for platforms that the gallery does not have a badge for'
    annotations.push(annotation('notice', text, `: ${others.join(', ')}`))
  }
  return annotations
}

/** The maximum length of a field, in characters. */
const MAX_LENGTHS: Readonly<Partial<Record<CatalogField, number>>> = {
  description: MAX_DESCRIPTION_LENGTH,
  aboutText: MAX_TEXT_LENGTH,
  usageText: MAX_TEXT_LENGTH
}

function planField(
  name: string,
  { field, action, reason }: FieldComparison,
  current: CurrentCatalogData,
  requested: RequestedCatalogData,
  texts: LocalTexts
): FieldChange {
  const value = requested[field] ?? ''
  const isTruncated = (texts.truncated as readonly string[]).includes(field)
  const details =
    typeof value === 'string'
      ? { characters: value.length, limit: MAX_LENGTHS[field], truncated: isTruncated || undefined }
      : { values: value }
  return {
    field,
    change: { action, kind: 'catalog-field', target: `${name}#${field}`, reason, ...details },
    diff: action === 'keep' ? undefined : textDiff(asText(current[field]), asText(value))
  }
}

/** Returns the text of a field for a diff, with one badge per line. */
function asText(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join('\n')
}

/** A logo that cannot be compared with the current one is sent, since the current one could be an older image. */
async function planLogo(
  name: string,
  bytes: Buffer,
  logoUrl: string | undefined,
  deps: PlanContext['deps'],
  annotations: Annotation[]
): Promise<FieldChange> {
  const row = (action: Change['action'], reason: string): FieldChange => ({
    field: 'logoImageBlob',
    change: {
      action,
      kind: 'catalog-field',
      target: `${name}#logoImageBlob`,
      reason,
      bytes: bytes.length
    }
  })
  if (logoUrl === undefined) return row('create', 'currently without a logo')
  const served = await fetchLogo(logoUrl, deps)
  if (served.kind === 'missing') return row('update', 'the current logo does not exist at its URL')
  if (served.kind === 'unknown') {
    const text = `The current logo of ${name} could not be read (${served.reason}), so the logo is sent without a comparison.`
    annotations.push({ level: 'notice', text })
    return row('update', `the current logo could not be read (${served.reason})`)
  }
  return served.bytes.equals(bytes)
    ? row('keep', 'already the same image')
    : row('update', 'currently another image')
}

/** Returns `true` if at least one field of the repository changes. */
export function hasFieldChanges({ fields }: Pick<CatalogPlan, 'fields'>): boolean {
  return fields.some(({ change }) => change.action !== 'keep')
}
