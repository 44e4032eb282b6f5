import type { Repository } from '@aws-sdk/client-ecr-public'
import { resolve } from 'node:path'
import pLimit from 'p-limit'
import { createRepositoryOpener } from '../registry-client/open-repository.js'
import type { Deps } from '../runner/deps.js'
import { explainBriefly } from '../ecr-public/explain-error.js'
import { galleryUrl } from '../ecr-public/gallery-url.js'
import { selectRepositories } from '../ecr-public/resolve-repositories.js'
import { ActionError, problem } from '../runner/errors.js'
import { createDiffKeeper } from './diff-keeper.js'
import { planDisplayName, setDisplayName } from './display-name.js'
import { findCommit } from './find-commit.js'
import { createTextReader } from './local-texts.js'
import type { LocalTexts, Note } from './local-texts.js'
import { hasFieldChanges, lookAtRepository } from './look-at-repository.js'
import type { LookContext, RepositoryPlan } from './look-at-repository.js'
import { reportSync } from './report-sync.js'
import { writeRecord } from './repository-record.js'
import type { DisplayNameResult, RepositoryResult, Unreachable } from './sync-result.js'
import { lineOf, tellNotes, tellPlan } from './tell-sync.js'
import { readWishes } from './wishes.js'
import type { Wishes } from './wishes.js'
import type { SyncCatalogInputs } from '../runner/inputs/inputs.js'
import type { Report } from '../runner/report.js'

/** Repositories that are worked on at once. */
const REPOSITORIES_AT_ONCE = 6

type ReadTexts = (repositoryName: string) => Promise<LocalTexts>

/**
 * Makes the gallery say what the README says. Every local file is read and every repository looked at before the
 * first one is written; one that cannot be written does not keep the others from it.
 */
export async function syncCatalog(inputs: SyncCatalogInputs, deps: Deps): Promise<Report> {
  const wishes = readWishes(inputs)
  const readTexts = createTextReader({
    inputs,
    workspace: resolve(deps.env.GITHUB_WORKSPACE || '.'),
    commit: await findCommit(deps.env)
  })
  const selected = await selectRepositories(inputs.repositories, deps, inputs.registryId)
  const { plans, unreachable, notes } = await look(selected, readTexts, wishes, inputs, deps)
  for (const plan of plans) await tellPlan(plan, deps.log)
  tellNotes(notes, deps.log)
  const [first] = selected
  const uri = first?.repositoryUri ?? ''
  const repositories = await apply(plans, readTexts, inputs, deps)
  const displayName = await syncDisplayName(wishes.displayName, uri, inputs, deps)
  return reportSync({
    dryRun: inputs.dryRun,
    names: selected.map(({ repositoryName = '' }) => repositoryName),
    galleryUrl: galleryUrl(uri),
    repositories,
    unreachable,
    displayName,
    notes
  })
}

/** What was found, before anything is written. */
interface Look {
  readonly plans: readonly RepositoryPlan[]
  readonly unreachable: readonly Unreachable[]
  readonly notes: readonly Note[]
}

async function look(
  selected: readonly Repository[],
  readTexts: ReadTexts,
  wishes: Wishes,
  inputs: SyncCatalogInputs,
  deps: Deps
): Promise<Look> {
  const context: LookContext = {
    wishes,
    registryId: inputs.registryId,
    openSource: createRepositoryOpener(deps),
    keepDiff: createDiffKeeper(),
    deps
  }
  const local: unknown[] = []
  const errors: unknown[] = []
  const unreachable: Unreachable[] = []
  const looks = await pLimit(REPOSITORIES_AT_ONCE).map(selected, async (repository) => {
    const { repositoryName = '' } = repository
    const texts = await readTexts(repositoryName).catch((error: unknown) => void local.push(error))
    // A bad file is the end of the step: what else there is to find are further bad files.
    if (texts === undefined || local.length > 0) return undefined
    try {
      return await lookAtRepository(repository, texts, context)
    } catch (error) {
      deps.signal.throwIfAborted()
      errors.push(error)
      unreachable.push({ repository: repositoryName, reason: explain(error, deps) })
      return undefined
    }
  })
  refuseBadFiles(local)
  if (errors.length === selected.length) throw errors[0]
  const plans = looks.filter((plan) => plan !== undefined)
  const notes = new Map(plans.flatMap((plan) => plan.notes.map((note) => [note.text, note])))
  return { plans, unreachable, notes: [...notes.values()] }
}

function refuseBadFiles(errors: readonly unknown[]): void {
  const [first] = errors
  if (first === undefined) return
  const others = new Set(errors.map((error) => explainBriefly(error))).size - 1
  if (others === 0 || !(first instanceof ActionError)) throw first as Error
  throw problem({ what: `${first.message} – and ${others} more files have a fault` }, first)
}

async function apply(
  plans: readonly RepositoryPlan[],
  readTexts: ReadTexts,
  inputs: SyncCatalogInputs,
  deps: Deps
): Promise<RepositoryResult[]> {
  return pLimit(REPOSITORIES_AT_ONCE).map(plans, async (plan) => {
    if (inputs.dryRun || !hasFieldChanges(plan)) return { plan, failure: undefined }
    const { address, wanted } = plan
    try {
      const { aboutText, usageText, logo } = await readTexts(address.repositoryName)
      await writeRecord(address, { ...wanted, aboutText, usageText }, logo, deps)
      return { plan, failure: undefined }
    } catch (error) {
      deps.signal.throwIfAborted()
      return { plan, failure: explain(error, deps) }
    }
  })
}

async function syncDisplayName(
  wanted: string | undefined,
  repositoryUri: string,
  { dryRun }: SyncCatalogInputs,
  deps: Deps
): Promise<DisplayNameResult | undefined> {
  if (wanted === undefined) return undefined
  const registry = repositoryUri.split('/').slice(0, 2).join('/')
  try {
    const change = await planDisplayName(deps.api, wanted, registry)
    deps.log.info(lineOf(change))
    if (dryRun || change.action === 'keep') return { change, failure: undefined }
    try {
      await setDisplayName(wanted, deps)
      return { change, failure: undefined }
    } catch (error) {
      deps.signal.throwIfAborted()
      return { change, failure: explain(error, deps) }
    }
  } catch (error) {
    deps.signal.throwIfAborted()
    return { change: undefined, failure: explain(error, deps) }
  }
}

function explain(error: unknown, { env }: Deps): string {
  return explainBriefly(error, { mode: 'sync-catalog', env })
}
