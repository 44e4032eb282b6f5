import pLimit from 'p-limit'
import { createRepositoryOpener } from '../registry-client/open-repository.js'
import { explainBriefly } from '../ecr-public/explain-error.js'
import { galleryUrl } from '../ecr-public/gallery-url.js'
import { checkOwnRegistry } from '../ecr-public/own-registry.js'
import type { Deps } from '../runner/deps.js'
import { ActionError } from '../runner/errors.js'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'
import type { Report } from '../runner/report.js'
import { createTextReader } from './create-text-reader.js'
import type { Annotation } from './annotation.js'
import type { LocalTexts } from './create-text-reader.js'
import { groupAnnotations } from './group-annotations.js'
import type { AnnotationGroup } from './group-annotations.js'
import { planDisplayName, setDisplayName } from './display-name.js'
import { describeMissingLinks } from './describe-links.js'
import { describeRow, logAnnotations, logPlan } from './log-plan.js'
import { hasFieldChanges, planCatalog } from './plan-catalog.js'
import type { CatalogPlan, PlanContext } from './plan-catalog.js'
import { readSource } from './read-source.js'
import type { Source } from './read-source.js'
import { readRequestedValues } from './read-requested-values.js'
import type { RequestedValues } from './read-requested-values.js'
import { reportSync } from './report-sync.js'
import type { CatalogResult, DisplayNameResult, UnreadableRepository } from './report-sync.js'
import { selectTargets } from './select-targets.js'
import type { CatalogTarget } from './select-targets.js'
import { createDiffLimiter } from './text-diff.js'
import { writeCatalogData } from './write-catalog-data.js'

/** The number of repositories that are read or written in parallel. */
const MAX_PARALLEL_REPOSITORIES = 6

type ReadTexts = (repositoryName: string) => Promise<LocalTexts>

/**
 * Publishes the README to the gallery pages of the selected repositories. All local files and all repositories are
 * read before the first write. A repository that cannot be read or written does not stop the others.
 */
export async function syncCatalog(inputs: SyncCatalogInputs, deps: Deps): Promise<Report> {
  const requested = readRequestedValues(inputs)
  const source = await readSource(deps.env, inputs.linkRef)
  const readTexts = createTextReader({ inputs, source, env: deps.env })
  const selected = await selectTargets(inputs, deps)
  await checkDisplayName(inputs, deps)
  const { plans, unreadable } = await planCatalogs(selected, readTexts, requested, inputs, deps)
  for (const plan of plans) await logPlan(plan, deps.log)
  const planned = plans.map(({ address, annotations }) => ({ ...address, annotations }))
  const planNotes = [
    ...groupAnnotations(planned, selected.length),
    ...stepNotes(plans, inputs.absoluteLinks ? source : undefined)
  ]
  await logAnnotations(planNotes, deps.log)
  const results = await writePlans(plans, readTexts, inputs, deps)
  const written = results.map(({ plan: { address }, notes }) => ({
    ...address,
    annotations: notes
  }))
  const writeNotes = groupAnnotations(written, selected.length)
  await logAnnotations(writeNotes, deps.log)
  const firstUri = selected[0]?.repository.repositoryUri ?? ''
  const displayName = await syncDisplayName(requested.displayName, firstUri, inputs, deps)
  return reportSync({
    dryRun: inputs.dryRun,
    names: selected.map(({ repository }) => repository.repositoryName ?? ''),
    galleryUrl: galleryUrl(firstUri),
    results,
    unreadable,
    displayName,
    notes: [...planNotes, ...writeNotes]
  })
}

/** The plans of all repositories, made before the first write. */
interface CatalogPlans {
  readonly plans: readonly CatalogPlan[]
  readonly unreadable: readonly UnreadableRepository[]
}

async function planCatalogs(
  selected: readonly CatalogTarget[],
  readTexts: ReadTexts,
  requested: RequestedValues,
  inputs: SyncCatalogInputs,
  deps: Deps
): Promise<CatalogPlans> {
  const context: PlanContext = {
    requested,
    registryId: inputs.registryId,
    openSource: createRepositoryOpener(deps),
    limitDiff: createDiffLimiter(),
    deps
  }
  const fileErrors: unknown[] = []
  const errors: unknown[] = []
  const unreadable: UnreadableRepository[] = []
  const planned = await pLimit(MAX_PARALLEL_REPOSITORIES).map(selected, async (target) => {
    const { repositoryName = '' } = target.repository
    const texts = await readTexts(repositoryName).catch(
      (error: unknown) => void fileErrors.push(error)
    )
    // The step fails after a bad file, so only more bad files are of interest.
    if (texts === undefined || fileErrors.length > 0) return undefined
    try {
      return await planCatalog(target, texts, context)
    } catch (error) {
      deps.signal.throwIfAborted()
      errors.push(error)
      unreadable.push({ repository: repositoryName, reason: explain(error, deps) })
      return undefined
    }
  })
  throwFileErrors(fileErrors)
  if (errors.length === selected.length) throw errors[0]
  return { plans: planned.filter((plan) => plan !== undefined), unreadable }
}

/** Returns the notes about the whole step, which do not belong to a repository of the registry. */
function stepNotes(
  plans: readonly CatalogPlan[],
  source: Source | undefined
): readonly AnnotationGroup[] {
  return [
    ...describeMissingLinks(plans.flatMap(({ missingLinks }) => missingLinks)),
    ...describePrivateSource(source)
  ]
}

function describePrivateSource(source: Source | undefined): AnnotationGroup[] {
  if (source?.isPrivate !== true) return []
  const text = `${source.repository} is a private repository, so the links to its files do not work for the public.`
  return [{ level: 'notice', text, details: [] }]
}

/** Throws the first error with the number of the other ones. */
function throwFileErrors(errors: readonly unknown[]): void {
  const [first] = errors
  if (first === undefined) return
  const others = new Set(errors.map((error) => explainBriefly(error))).size - 1
  if (others === 0 || !(first instanceof ActionError)) throw first as Error
  const count = others === 1 ? '1 more file is' : `${others} more files are`
  throw new ActionError(`${first.message} ${count} not valid.`, { cause: first })
}

async function writePlans(
  plans: readonly CatalogPlan[],
  readTexts: ReadTexts,
  inputs: SyncCatalogInputs,
  deps: Deps
): Promise<(CatalogResult & { readonly notes: readonly Annotation[] })[]> {
  return pLimit(MAX_PARALLEL_REPOSITORIES).map(plans, async (plan) => {
    if (inputs.dryRun || !hasFieldChanges(plan)) return { plan, failure: undefined, notes: [] }
    const { address, requested } = plan
    const notes: Annotation[] = []
    try {
      const { aboutText, usageText, logo } = await readTexts(address.repositoryName)
      const texts = { ...requested, aboutText, usageText }
      await writeCatalogData(address, texts, logo, deps, notes)
      return { plan, failure: undefined, notes }
    } catch (error) {
      deps.signal.throwIfAborted()
      return { plan, failure: explain(error, deps), notes }
    }
  })
}

/** Checks that the display name is set in the requested registry: PutRegistryCatalogData does not have a registry ID. */
async function checkDisplayName(
  { displayName, registryId }: SyncCatalogInputs,
  deps: Deps
): Promise<void> {
  if (displayName === undefined || registryId === undefined) return
  const what = 'The display name of the registry of another account cannot be changed'
  await checkOwnRegistry(registryId, { what, input: 'display-name' }, deps)
}

async function syncDisplayName(
  requested: string | undefined,
  repositoryUri: string,
  { dryRun }: SyncCatalogInputs,
  deps: Deps
): Promise<DisplayNameResult | undefined> {
  if (requested === undefined) return undefined
  const registry = repositoryUri.split('/').slice(0, 2).join('/') || 'registry'
  let change: DisplayNameResult['change']
  try {
    change = await planDisplayName(deps.api, requested, registry)
    deps.log.info(describeRow(change))
    if (!dryRun && change.action !== 'keep') await setDisplayName(requested, deps)
    return { change, failure: undefined }
  } catch (error) {
    deps.signal.throwIfAborted()
    return { change, failure: explain(error, deps) }
  }
}

function explain(error: unknown, { env }: Deps): string {
  return explainBriefly(error, { mode: 'sync-catalog', env })
}
