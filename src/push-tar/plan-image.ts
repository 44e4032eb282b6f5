import type { Deps } from '../runner/deps.js'
import type { CurrentTag } from './list-current-tags.js'
import { planDockerImage } from './plan-docker-image.js'
import { planMergedIndex } from './plan-merged-index.js'
import { planStoredImage } from './plan-stored-image.js'
import type { PushContext } from './push-context.js'
import type { ImageToPush, PlanOptions, PushPlan } from './push-plan.js'
import type { PushTarget } from './resolve-target.js'

/** Plans the push of an image of any kind. Only reads from the registry. */
export async function planImage(
  { root, referrers = [] }: ImageToPush,
  currentTags: readonly CurrentTag[],
  target: PushTarget,
  options: PlanOptions,
  context: PushContext,
  deps: Pick<Deps, 'api' | 'log' | 'openRegistry' | 'signal'>
): Promise<PushPlan> {
  switch (root.kind) {
    case 'docker-image':
      return planDockerImage(root, currentTags, target, options, context, deps)
    case 'stored-manifest':
    case 'stored-index':
      return planStoredImage(root, referrers, currentTags, context)
    case 'merged-index':
      return planMergedIndex(root, referrers, currentTags, target, options, context, deps)
  }
}
