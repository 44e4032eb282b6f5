import type { Deps } from '../runner/deps.js'

/** What a registry client needs of the step. */
export type RegistryDeps = Pick<
  Deps,
  'api' | 'env' | 'signal' | 'log' | 'mask' | 'now' | 'random' | 'sleep'
>
