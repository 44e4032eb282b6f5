import type { Log } from '../runner/deps.js'
import { describeChange } from '../runner/plan.js'
import type { Change } from '../runner/plan.js'
import type { AnnotationGroup } from './group-annotations.js'
import { hasFieldChanges } from './plan-catalog.js'
import type { CatalogPlan } from './plan-catalog.js'

/** The maximum number of annotations per level. GitHub shows 10 of each level per step. */
const MAX_ANNOTATIONS = 10

/** Logs the plan of a repository, with its rows and diffs in a group. */
export async function logPlan(plan: CatalogPlan, log: Log): Promise<void> {
  const { repositoryName } = plan.address
  if (!hasFieldChanges(plan)) {
    log.info(`${repositoryName}: already up to date`)
    for (const { change } of plan.fields) log.debug(describeRow(change))
    return
  }
  const changed = plan.fields.filter(({ change }) => change.action !== 'keep')
  const page = plan.galleryUrl === '' ? '' : ` (${plan.galleryUrl})`
  const title = `${repositoryName}: ${changed.map(({ field }) => field).join(', ')}${page}`
  await log.group(title, () => {
    for (const { change, diff } of plan.fields) {
      log.info(describeRow(change))
      if (diff !== undefined && diff !== '') log.info(diff)
    }
    return Promise.resolve()
  })
}

/** Returns one row of the plan as a line of the log, with the length of the text and its limit. */
export function describeRow(change: Change): string {
  const { characters, limit } = change
  const length =
    typeof characters === 'number' && typeof limit === 'number'
      ? ` (${characters} of ${limit} characters)`
      : ''
  return describeChange(change) + length
}

/** Logs the annotations with their details. Those above the limit of their level become lines of the log. */
export async function logAnnotations(groups: readonly AnnotationGroup[], log: Log): Promise<void> {
  for (const level of ['warning', 'notice'] as const) {
    const found = groups.filter((group) => group.level === level)
    for (const [at, { text, details }] of found.entries()) {
      if (at < MAX_ANNOTATIONS) log[level](text)
      else log.info(text)
      if (details.length === 0) continue
      await log.group(`${details.length} details`, () => {
        for (const line of details) log.info(line)
        return Promise.resolve()
      })
    }
  }
}
