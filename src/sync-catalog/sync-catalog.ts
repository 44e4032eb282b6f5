import type { Repository } from '@aws-sdk/client-ecr-public'
import pLimit from 'p-limit'
import { createRepositoryOpener } from '../registry-client/open-repository.js'
import { explainBriefly } from '../ecr-public/explain-error.js'
import { galleryUrl } from '../ecr-public/gallery-url.js'
import { selectRepositories } from '../ecr-public/resolve-repositories.js'
import type { Deps } from '../runner/deps.js'
import { ActionError } from '../runner/errors.js'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'
import type { Report } from '../runner/report.js'
import { createTextReader } from './create-text-reader.js'
import type { Annotation, LocalTexts } from './create-text-reader.js'
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
  const readTexts = createTextReader({
    inputs,
    source,
    env: deps.env
  })
  const selected = await selectRepositories(inputs.repositories, deps, inputs.registryId)
  const { plans, unreadable } = await planCatalogs(selected, readTexts, requested, inputs, deps)
  const annotations = listAnnotations(plans, inputs.absoluteLinks ? source : undefined)
  for (const plan of plans) await logPlan(plan, deps.log)
  logAnnotations(annotations, deps.log)
  const results = await writePlans(plans, readTexts, inputs, deps)
  const firstUri = selected[0]?.repositoryUri ?? ''
  const displayName = await syncDisplayName(requested.displayName, firstUri, inputs, deps)
  return reportSync({
    dryRun: inputs.dryRun,
    names: selected.map(({ repositoryName = '' }) => repositoryName),
    galleryUrl: galleryUrl(firstUri),
    results,
    unreadable,
    displayName,
    annotations
  })
}

/** The plans of all repositories, made before the first write. */
interface CatalogPlans {
  readonly plans: readonly CatalogPlan[]
  readonly unreadable: readonly UnreadableRepository[]
}

async function planCatalogs(
  selected: readonly Repository[],
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
  const planned = await pLimit(MAX_PARALLEL_REPOSITORIES).map(selected, async (repository) => {
    const { repositoryName = '' } = repository
    const texts = await readTexts(repositoryName).catch(
      (error: unknown) => void fileErrors.push(error)
    )
    // The step fails after a bad file, so only more bad files are of interest.
    if (texts === undefined || fileErrors.length > 0) return undefined
    try {
      return await planCatalog(repository, texts, context)
    } catch (error) {
      deps.signal.throwIfAborted()
      errors.push(error)
      unreadable.push({ repository: repositoryName, reason: explain(error, deps) })
      return undefined
    }
  })
  throwFileErrors(fileErrors)
  if (errors.length === selected.length) throw errors[0]
  const plans = planned.filter((plan) => plan !== undefined)
  return { plans, unreadable }
}

/** Returns the annotations of the step, without duplicates. */
function listAnnotations(plans: readonly CatalogPlan[], source: Source | undefined): Annotation[] {
  const all = [
    ...plans.flatMap(({ annotations }) => annotations),
    ...describeMissingLinks(plans.flatMap(({ missingLinks }) => missingLinks)),
    ...describePrivateSource(source)
  ]
  return [...new Map(all.map((annotation) => [annotation.text, annotation])).values()]
}

function describePrivateSource(source: Source | undefined): Annotation[] {
  if (source?.isPrivate !== true) return []
  const text = `${source.repository} is a private repository, so the links to its files do not work for the public.`
  return [{ level: 'notice', text }]
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
): Promise<CatalogResult[]> {
  return pLimit(MAX_PARALLEL_REPOSITORIES).map(plans, async (plan) => {
    if (inputs.dryRun || !hasFieldChanges(plan)) return { plan, failure: undefined }
    const { address, requested } = plan
    try {
      const { aboutText, usageText, logo } = await readTexts(address.repositoryName)
      await writeCatalogData(address, { ...requested, aboutText, usageText }, logo, deps)
      return { plan, failure: undefined }
    } catch (error) {
      deps.signal.throwIfAborted()
      return { plan, failure: explain(error, deps) }
    }
  })
}

async function syncDisplayName(
  requested: string | undefined,
  repositoryUri: string,
  { dryRun }: SyncCatalogInputs,
  deps: Deps
): Promise<DisplayNameResult | undefined> {
  if (requested === undefined) return undefined
  const registry = repositoryUri.split('/').slice(0, 2).join('/')
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
