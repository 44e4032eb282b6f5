import type { RegistryState } from './registry-state.js'
import type { StepRun } from './scenarios.js'

/** One row of the output `plan`, as far as it is looked at. */
interface Row {
  readonly action: string
  readonly kind: string
  readonly target: string
  readonly digest?: string
  readonly deletesImage?: boolean
  readonly failed?: boolean
}

/** What a registry holds, by the names that a plan has for it. */
type Places = ReadonlyMap<string, string>

/**
 * Holds the plan that a run reports against what the registry was before it and is after it: what it says was done
 * is done, and what is different was told. A run that ended before its report says nothing, which is always true.
 *
 * @throws Error naming the row, or the change that no row tells of
 */
export function checkPlan(run: StepRun, before: RegistryState, after: RegistryState): void {
  if (run.outputs.plan === undefined) {
    if (run.exitCode === 0) throw new Error('a run that went through reports no plan')
    return
  }
  const rows = (JSON.parse(run.outputs.plan) as Row[]).filter(({ action }) => action !== 'keep')
  const done = rows.filter(({ failed }) => failed !== true)
  if (run.outputs.changed !== String(done.length > 0)) {
    throw new Error(`changed is ${run.outputs.changed}, with ${done.length} changes in the plan`)
  }
  const [was, is] = [placesOf(before), placesOf(after)]
  for (const row of done) {
    if (!isDone(row, was, is)) throw new Error(`it is not so that ${JSON.stringify(row)}`)
  }
  const told = new Set(rows.flatMap(placesOfRow))
  const isTold = (place: string): boolean =>
    told.has(place) || told.has(place.replace(/[#:@].*$/, ' and all in it'))
  for (const place of new Set([...was.keys(), ...is.keys()])) {
    if (was.get(place) !== is.get(place) && !isTold(place)) {
      throw new Error(`no row tells of ${place}: ${was.get(place)} became ${is.get(place)}`)
    }
  }
}

function placesOf({ displayName, repositories }: RegistryState): Places {
  const places = new Map<string, string>([[DISPLAY_NAME, displayName ?? '']])
  for (const [name, { resourceTags, policy, catalog, tags, images }] of Object.entries(
    repositories
  )) {
    places.set(name, 'there')
    if (policy !== undefined) places.set(`${name}#policy`, JSON.stringify(policy))
    for (const [key, value] of Object.entries(resourceTags)) places.set(`${name}#${key}`, value)
    for (const [field, value] of Object.entries(catalog)) {
      places.set(`${name}#${field}`, JSON.stringify(value))
    }
    for (const [tag, digest] of Object.entries(tags)) places.set(`${name}:${tag}`, digest)
    for (const digest of images) places.set(`${name}@${digest}`, 'there')
  }
  return places
}

const DISPLAY_NAME = 'the display name'

function placeOf({ kind, target }: Row): string {
  return kind === 'display-name' ? DISPLAY_NAME : target
}

function placesOfRow(row: Row): string[] {
  const { kind, target, deletesImage, digest } = row
  if (kind === 'repository') return [target, `${target} and all in it`]
  const image = deletesImage === true ? [`${target.replace(/:.*$/, '')}@${digest ?? ''}`] : []
  return [placeOf(row), ...image]
}

function isDone(row: Row, was: Places, is: Places): boolean {
  // Layers show when a tag is pulled, credentials in the files of the step.
  if (row.kind === 'layer' || row.kind === 'credential') return true
  const place = placeOf(row)
  if (row.action === 'delete') return !is.has(place)
  if (row.kind === 'tag') return is.get(place) === row.digest
  // A logo has no digest to be held against: one that is served damaged is taken for another, and sent once more.
  const mayBeSame = place.endsWith('#logoImageBlob')
  if (row.action === 'update' && was.get(place) === is.get(place)) return mayBeSame
  return is.has(place)
}
