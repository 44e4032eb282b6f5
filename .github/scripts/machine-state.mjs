import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The names that this action's child processes create in the directory for temporary files. Data of an emulator or of
 * `npm start` is not included, since other people can run them at the same time.
 */
const TEMPORARY_NAMES = /^ecr-public-(?:plan|login|[A-Za-z0-9]{6}$)/

/**
 * Lists the places outside of temporary directories that container tools and AWS tools write: directories that exist,
 * entries of credential files, and temporary files of the action.
 *
 * @param {{ home: string, runtime?: string, run: string, temporary: string }} machine the home directory,
 *   XDG_RUNTIME_DIR, the runtime directory of root's or the user's container tools, and the directory for temporary files
 * @returns {string[]} one text per place
 */
export function listPlaces({ home, runtime, run, temporary }) {
  const directories = [
    run,
    ...['.aws', '.docker', '.config/containers', '.local/share/containers'].map((name) =>
      join(home, name)
    ),
    ...(runtime ? [join(runtime, 'containers')] : [])
  ]
  const files = [
    join(run, 'auth.json'),
    join(home, '.docker', 'config.json'),
    join(home, '.config', 'containers', 'auth.json'),
    ...(runtime ? [join(runtime, 'containers', 'auth.json')] : [])
  ]
  return [
    ...directories.filter((path) => existsSync(path)),
    ...files.flatMap((path) => listEntries(path).map((entry) => `${path}: ${entry}`)),
    ...readdirSync(temporary)
      .filter((name) => TEMPORARY_NAMES.test(name))
      .map((name) => join(temporary, name))
  ]
}

/**
 * Returns the places that a test run left behind. Entries of a credential file count only if their host is an emulator
 * of the run, since other programs can change the file at the same time.
 *
 * @param {readonly string[]} before
 * @param {readonly string[]} after
 * @param {readonly string[]} hosts the registry hosts of the run
 */
export function findLeftovers(before, after, hosts) {
  return after.filter((place) => {
    if (before.includes(place)) return false
    const [, entry] = place.split(': ')
    return (
      entry === undefined || hosts.some((host) => entry === host || entry.startsWith(`${host}/`))
    )
  })
}

function listEntries(path) {
  try {
    return Object.keys(JSON.parse(readFileSync(path, 'utf8')).auths ?? {})
  } catch {
    return []
  }
}
