// Decides for a release whether it becomes the latest one, from the tags of the repository. Each job of a release calls this
// when it starts: a job that runs again later then finds newer versions. Prints outputs of a workflow step:
//
// - `latest`: whether the version is the newest of all
// - `latest-of-major`: whether it is the newest of its major version
// - `npm-tag`: `latest`, `latest-1` for the newest version of an older major version 1, or `backport`. npm requires a tag and
//   rejects names that are also a range of versions, such as `v1`.
import { execFileSync } from 'node:child_process'

/**
 * @param {string} version the tag of the release, such as v1.2.3
 * @param {readonly string[]} tags all tags of the repository
 * @returns {{ latest: boolean, 'latest-of-major': boolean, 'npm-tag': string }}
 */
export function decideChannel(version, tags) {
  const parts = parse(version)
  if (parts === undefined) throw new Error(`The tag "${version}" is not a version. Use vX.Y.Z.`)
  const newer = tags.map(parse).filter((other) => other !== undefined && compare(other, parts) > 0)
  const [major] = parts
  const latest = newer.length === 0
  const latestOfMajor = newer.every(([other]) => other !== major)
  const npmTag = latestOfMajor ? `latest-${major}` : 'backport'
  return { latest, 'latest-of-major': latestOfMajor, 'npm-tag': latest ? 'latest' : npmTag }
}

/** Returns the three numbers of a release tag. Tags of pre-releases and major tags are not versions. */
function parse(tag) {
  return /^v(\d+)\.(\d+)\.(\d+)$/.exec(tag)?.slice(1).map(Number)
}

function compare(a, b) {
  const at = a.findIndex((part, index) => part !== b[index])
  return at === -1 ? 0 : a[at] - b[at]
}

if (process.argv[1] === import.meta.filename) {
  const tags = execFileSync('git', ['tag', '--list'], { encoding: 'utf8' }).split('\n')
  const outputs = decideChannel(process.argv[2] ?? '', tags)
  for (const [name, value] of Object.entries(outputs)) console.log(`${name}=${value}`)
}
