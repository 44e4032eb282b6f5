import pLimit from 'p-limit'
import { isStalled } from '../http/timeout-error.js'
import type { Deps, Registry } from '../runner/deps.js'
import { messageOf, problem } from '../runner/errors.js'
import type { PushedImage } from './report-push.js'
import type { PushTarget } from './resolve-target.js'

const MAX_WAIT_MS = 120_000
const FIRST_DELAY_MS = 500
const MAX_DELAY_MS = 5000
/** The number of tags that are read in parallel. */
const CONCURRENCY = 4

type WaitDeps = Pick<Deps, 'log' | 'now' | 'openRegistry' | 'signal' | 'sleep'>

/**
 * Waits until the registry serves the image under every tag that the push set or kept. The API stores a tag before the
 * registry serves it.
 *
 * @throws ActionError after two minutes, or if the registry stops responding
 */
export async function waitUntilServed(
  { digest, tags }: PushedImage,
  target: PushTarget,
  deps: WaitDeps
): Promise<void> {
  if (digest === undefined) return
  const deadline = deps.now().getTime() + MAX_WAIT_MS
  const registry = await deps.openRegistry(target.host)
  const set = tags.filter(({ action }) => action !== 'skip').map(({ tag }) => tag)
  const references = set.length === 0 ? [digest] : set
  deps.log.info(`Waiting until the registry serves ${references.join(', ')}`)
  await pLimit(CONCURRENCY).map(references, (reference) =>
    waitForReference(reference, digest, registry, target, deadline, deps)
  )
}

async function waitForReference(
  reference: string,
  digest: string,
  registry: Registry,
  target: PushTarget,
  deadline: number,
  deps: WaitDeps
): Promise<void> {
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(MAX_DELAY_MS, delay * 2)) {
    const { served, cause } = await findServed(reference, registry, target.path, deps)
    if (served === digest) return
    const left = deadline - deps.now().getTime()
    if (left <= 0 || isStalled(cause)) throw notServed(reference, served, digest, target, cause)
    await deps.sleep(Math.min(delay, left))
  }
}

/** Returns the digest that the registry serves. An error is a reason to wait longer. */
async function findServed(
  reference: string,
  registry: Registry,
  path: string,
  { signal }: WaitDeps
): Promise<{ readonly served?: string | undefined; readonly cause?: unknown }> {
  try {
    const retryOptions = { maxAttempts: 1, budgetMilliseconds: 0 }
    const served = await registry.findManifest(path, reference, retryOptions)
    return { served: served?.digest }
  } catch (cause) {
    signal.throwIfAborted()
    return { cause }
  }
}

function notServed(
  reference: string,
  served: string | undefined,
  digest: string,
  { uri }: PushTarget,
  cause: unknown
): Error {
  const reason =
    cause === undefined
      ? `The registry serves ${served ?? 'nothing'}.`
      : `The last read failed: ${messageOf(cause)}`
  return problem(
    {
      what: `The image was pushed, but ${isStalled(cause) ? 'the registry does not respond' : 'it cannot be pulled after two minutes'}`,
      value: `${uri}${reference.includes(':') ? '@' : ':'}${reference}`,
      reason,
      expected: `The digest of the pushed image is ${digest}.`,
      fix: 'Check that nothing else moved the tag, and run the step again.'
    },
    cause
  )
}
