import { readFile } from 'node:fs/promises'
import { problem } from '../runner/errors.js'
import { isJsonObject, parseJson } from '../runner/json.js'
import type { Json, JsonObject } from '../runner/json.js'
import type { Revision } from './markdown/resolve-link.js'

type Env = Readonly<Record<string, string | undefined>>

/** The repository of the workflow. */
export interface Source extends Revision {
  /** The commit of the run. */
  readonly sha: string
  /** The branch or tag of the run, or `undefined` if it is not known. */
  readonly branch: string | undefined
  readonly isPrivate: boolean
}

/**
 * Returns the repository of the workflow and the ref that links name, or `undefined` outside of GitHub Actions.
 *
 * @param linkRef `commit`, `branch`, or a ref
 * @throws ActionError if the ref is not valid
 */
export async function readSource(env: Env, linkRef: string): Promise<Source | undefined> {
  checkRef(linkRef)
  const { GITHUB_REPOSITORY: repository, GITHUB_SHA: sha } = env
  if (!repository || !sha) return undefined
  const event = await readEvent(env)
  const branch = findBranch(env, event, repository)
  const named: Readonly<Record<string, string>> = { commit: sha, branch: branch ?? sha }
  return {
    serverUrl: env.GITHUB_SERVER_URL || 'https://github.com',
    repository,
    ref: named[linkRef] ?? linkRef,
    sha,
    branch,
    isPrivate: objectAt(event, 'repository').private === true
  }
}

/** Refs that git accepts (https://git-scm.com/docs/git-check-ref-format). */
function checkRef(ref: string): void {
  const isValid =
    // eslint-disable-next-line no-control-regex -- git does not accept control characters
    !/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|^[/.-]|[/.]$|\/\.|\.lock(?:\/|$)/.test(ref)
  if (isValid) return
  throw problem({
    what: 'Input "link-ref" is not a valid ref',
    value: ref,
    expected: 'Use "commit", "branch", or the name of a branch, tag or commit.'
  })
}

/** Returns the payload of the event. It is empty if there is none, since it only adds details. */
async function readEvent({ GITHUB_EVENT_PATH: path }: Env): Promise<JsonObject> {
  if (!path) return {}
  try {
    const event = parseJson(await readFile(path, 'utf8'))
    return isJsonObject(event) ? event : {}
  } catch {
    return {}
  }
}

/**
 * Returns the branch or tag of the run. For a pull request, it is the head branch, or the base branch if the head is in
 * a fork. The refs of pull requests and merge queues exist only for a short time.
 */
function findBranch(env: Env, event: JsonObject, repository: string): string | undefined {
  const head = objectAt(event, 'pull_request', 'head')
  const base = objectAt(event, 'pull_request', 'base')
  if (typeof head.ref === 'string' && typeof base.ref === 'string') {
    const name = objectAt(head, 'repo').full_name
    const isFork = typeof name !== 'string' || name.toLowerCase() !== repository.toLowerCase()
    return isFork ? base.ref : head.ref
  }
  const queued = objectAt(event, 'merge_group').base_ref
  const ref = typeof queued === 'string' ? queued : (env.GITHUB_REF ?? '')
  if (ref.startsWith('refs/pull/')) return env.GITHUB_BASE_REF || undefined
  return ref.replace(/^refs\/(?:heads|tags)\//, '') || env.GITHUB_REF_NAME || undefined
}

function objectAt(object: JsonObject, ...names: readonly string[]): JsonObject {
  let found: Json | undefined = object
  for (const name of names) found = isJsonObject(found) ? found[name] : undefined
  return isJsonObject(found) ? found : {}
}
