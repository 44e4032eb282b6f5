import type { Live } from '../live.ts'

/**
 * Observes one behavior of the service. It returns the value of the switch, a text that begins with `other:` for a
 * behavior that the switch does not have, or one that begins with `not asked:`.
 */
export type Question = (live: Live) => Promise<string>

/** Returns the error that a call throws, or `undefined` if it succeeds. */
export async function errorOf(call: Promise<unknown>): Promise<Error | undefined> {
  try {
    await call
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** Describes a behavior that the switch does not have. */
export function other(observed: string | number): string {
  return `other: ${observed}`
}
