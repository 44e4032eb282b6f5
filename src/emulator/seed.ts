import type { EmulatorContext } from './context.js'

/** Puts what a seed file describes into the store. */
export function applySeed(context: EmulatorContext, seed: unknown): void {
  throw new Error(`Seeds are not read yet: ${typeof seed} ${context.settings.alias}`)
}
