import type { Log } from '../runner/deps.js'
import { describeChange } from '../runner/plan.js'
import type { Change } from '../runner/plan.js'
import type { Note } from './local-texts.js'
import { hasFieldChanges } from './look-at-repository.js'
import type { FieldChange, RepositoryPlan } from './look-at-repository.js'

/** Annotations that a run should not have more of, for each level. */
const MAX_ANNOTATIONS = 10

/** Says what is to be done to a repository, with the diffs folded below. */
export async function tellPlan(plan: RepositoryPlan, log: Log): Promise<void> {
  const { repositoryName } = plan.address
  if (!hasFieldChanges(plan)) {
    log.info(`${repositoryName}: as wanted already`)
    for (const { change } of plan.fields) log.debug(lineOf(change))
    return
  }
  const different = plan.fields.filter(({ change }) => change.action !== 'keep')
  const title = `${repositoryName}: ${different.map(({ field }) => field).join(', ')} – ${plan.galleryUrl}`
  await log.group(title, () => {
    for (const field of plan.fields) tellField(field, log)
    return Promise.resolve()
  })
}

function tellField({ change, diff }: FieldChange, log: Log): void {
  log.info(lineOf(change))
  if (diff !== undefined && diff !== '') log.info(diff)
}

/** One line of the plan, with the characters used of the limit. */
export function lineOf(change: Change): string {
  const { characters, limit } = change
  const count =
    typeof characters === 'number' && typeof limit === 'number'
      ? ` (${characters} of ${limit} characters)`
      : ''
  return describeChange(change) + count
}

/** Says each note, as an annotation while there are few. */
export function tellNotes(notes: readonly Note[], log: Log): void {
  for (const level of ['warning', 'notice'] as const) {
    const texts = notes.filter((note) => note.level === level).map(({ text }) => text)
    for (const text of texts.slice(0, MAX_ANNOTATIONS)) log[level](text)
    for (const text of texts.slice(MAX_ANNOTATIONS)) log.info(text)
  }
}
