import type { Repository } from '@aws-sdk/client-ecr-public'
import { MAX_DESCRIPTION_LENGTH, MAX_TEXT_LENGTH } from './markdown/catalog-texts.js'
import { compareRecord } from './compare-record.js'
import type { CatalogRecord, FieldComparison, RecordField, WantedRecord } from './compare-record.js'
import { textDiff } from './text-diff.js'
import type { Deps } from '../runner/deps.js'
import { galleryUrl } from '../ecr-public/gallery-url.js'
import type { RepositoryAddress } from '../ecr-public/listings.js'
import type { Change } from '../runner/plan.js'
import type { Registry } from '../runner/deps.js'
import { fetchLogo } from './fetch-logo.js'
import { findImageBadges } from './image-platforms.js'
import type { LocalTexts, Note } from './local-texts.js'
import { getRecord } from './repository-record.js'
import type { Wishes } from './wishes.js'

/** A field of the record as the API's input names it. */
export type FieldName = RecordField | 'logoImageBlob'

/** A row of the plan and the field that it is about. */
export interface FieldChange {
  readonly field: FieldName
  readonly change: Change
  /** Unified; for texts that change. */
  readonly diff?: string | undefined
}

/** What is to be done to one repository. */
export interface RepositoryPlan {
  readonly address: RepositoryAddress & { readonly repositoryName: string }
  readonly galleryUrl: string
  readonly fields: readonly FieldChange[]
  /** What is wanted but the texts and the logo: these are read again when they are written, not kept. */
  readonly wanted: WantedRecord
  readonly isTruncated: boolean
  readonly notes: readonly Note[]
}

/** What looking at a repository takes. */
export interface LookContext {
  readonly wishes: Wishes
  readonly registryId: string | undefined
  /** Opens the reading side of a repository, for badges that are read from the images. */
  readonly openSource: (
    repositoryUri: string
  ) => Promise<{ readonly registry: Registry; readonly path: string }>
  /** Gives back a diff, or what stands in for it where there are too many to keep. */
  readonly keepDiff: (diff: string) => string
  readonly deps: Pick<Deps, 'api' | 'env' | 'signal'>
}

/** Compares what is wanted of a repository with what the gallery says of it. */
export async function lookAtRepository(
  { repositoryName = '', repositoryUri = '' }: Repository,
  texts: LocalTexts,
  context: LookContext
): Promise<RepositoryPlan> {
  const { deps, wishes } = context
  const address = { repositoryName, registryId: context.registryId }
  const current = await getRecord(deps.api, address)
  const notes = [...texts.notes]
  const wanted: WantedRecord = {
    description: wishes.description,
    ...(await wantedBadges(address, repositoryUri, context, notes))
  }
  const whole = { ...wanted, aboutText: texts.aboutText, usageText: texts.usageText }
  const fields = compareRecord(current, whole).map((comparison): FieldChange => {
    const row = fieldChange(repositoryName, comparison, current, whole, texts)
    return { ...row, diff: row.diff === undefined ? undefined : context.keepDiff(row.diff) }
  })
  if (texts.logo !== undefined) {
    const isSentAnyway = hasFieldChanges({ fields })
    const logo = { bytes: texts.logo, isSentAnyway }
    fields.push(await logoChange(repositoryName, logo, current.logoUrl, deps))
  }
  return {
    address,
    galleryUrl: galleryUrl(repositoryUri),
    fields,
    wanted,
    isTruncated: texts.truncated.length > 0 || wishes.isDescriptionCut,
    notes
  }
}

async function wantedBadges(
  address: RepositoryAddress,
  repositoryUri: string,
  { wishes, deps, openSource }: LookContext,
  notes: Note[]
): Promise<Pick<WantedRecord, 'architectures' | 'operatingSystems'>> {
  const { architectures, operatingSystems } = wishes.badges
  if (architectures !== 'auto' && operatingSystems !== 'auto') {
    return { architectures, operatingSystems }
  }
  const { registry, path } = await openSource(repositoryUri)
  const { badges, others } = await findImageBadges(deps.api, address, registry, path)
  const name = address.repositoryName
  if (badges === undefined) {
    notes.push({
      level: 'notice',
      text: `${name} holds no image to read platforms from: what "auto" stands for is left alone`
    })
  }
  if (others.length > 0) {
    notes.push({
      level: 'notice',
      text: `${name} holds images for ${others.join(', ')}, which the gallery has no badge for`
    })
  }
  return {
    architectures: architectures === 'auto' ? badges?.architectures : architectures,
    operatingSystems: operatingSystems === 'auto' ? badges?.operatingSystems : operatingSystems
  }
}

/** The most characters of a field, where it has such a limit. */
const LIMITS: Readonly<Partial<Record<RecordField, number>>> = {
  description: MAX_DESCRIPTION_LENGTH,
  aboutText: MAX_TEXT_LENGTH,
  usageText: MAX_TEXT_LENGTH
}

function fieldChange(
  name: string,
  { field, action, reason }: FieldComparison,
  current: CatalogRecord,
  wanted: WantedRecord,
  texts: LocalTexts
): FieldChange {
  const value = wanted[field] ?? ''
  const isTruncated = (texts.truncated as readonly string[]).includes(field)
  const details =
    typeof value === 'string'
      ? { characters: value.length, limit: LIMITS[field], truncated: isTruncated || undefined }
      : { values: value }
  return {
    field,
    change: { action, kind: 'catalog-field', target: `${name}#${field}`, reason, ...details },
    diff: action === 'keep' ? undefined : textDiff(asText(current[field]), asText(value))
  }
}

/** Badges are one a line in a diff. */
function asText(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join('\n')
}

/** `isSentAnyway` where another field changes: the record is sent as a whole. */
async function logoChange(
  name: string,
  { bytes, isSentAnyway }: { readonly bytes: Buffer; readonly isSentAnyway: boolean },
  logoUrl: string | undefined,
  deps: LookContext['deps']
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
  if (logoUrl === undefined) return row('create', 'there is none')
  const served = await fetchLogo(logoUrl, deps)
  if (served.kind === 'nothing') return row('update', 'its address serves nothing')
  if (served.kind === 'unknown') {
    const reason = `what is there could not be read (${served.reason})`
    return isSentAnyway
      ? row('update', `${reason}, and this one is sent along with the other fields`)
      : row('keep', `${reason}, so it is left; it is sent along as soon as another field changes`)
  }
  return served.bytes.equals(bytes)
    ? row('keep', 'the same image is there')
    : row('update', 'another image is there')
}

/** `true` where a field of the repository changes. */
export function hasFieldChanges({ fields }: Pick<RepositoryPlan, 'fields'>): boolean {
  return fields.some(({ change }) => change.action !== 'keep')
}
