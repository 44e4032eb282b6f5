import type { RegistryState } from './registry-state.js'
import type { StepRun } from './scenarios.js'

/** The fields of a row of the output `plan` that are checked. */
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
 * Compares the reported plan with the registry before and after the run. Each reported change must have happened, and each
 * change must have been reported. A run that ended before its report has an empty plan, which always passes.
 *
 * @throws Error that names the row, or the change that is not in the plan
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
      throw new Error(
        `the plan does not report ${place}: ${was.get(place)} became ${is.get(place)}`
      )
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
  // A logo cannot be compared by a digest. If it is served damaged, it counts as different and is sent again.
  const mayBeSame = place.endsWith('#logoImageBlob')
  if (row.action === 'update' && was.get(place) === is.get(place)) return mayBeSame
  return is.has(place)
}
