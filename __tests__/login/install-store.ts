import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryDirectory } from './temporary-directory.js'

/** The host of the entry that `put` writes and `entry` reads. */
export const HOST = 'public.ecr.aws'

/** A credential store as docker-credential-helpers describes it, with one file per host. */
const PROGRAM = `#!/bin/sh
echo "$1" >> "$LOG"
case "$1" in
  get)
    host=$(cat)
    if [ -f "$STORE/$host" ]; then cat "$STORE/$host"
    else echo 'credentials not found in native keychain'; exit 1; fi ;;
  store)
    entry=$(cat)
    host=$(echo "$entry" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')
    echo "$entry" > "$STORE/$host" ;;
  erase) rm "$STORE/$(cat)" ;;
esac
`

/** A credential store that is a program. */
export interface TestStore {
  readonly deps: { readonly env: Readonly<Record<string, string>> }
  /** The directory with the entries. */
  readonly store: string
  readonly put: (entry: unknown) => Promise<void>
  readonly entry: () => Promise<unknown>
  /** The actions that the program was started with. */
  readonly actions: () => Promise<string[]>
}

/** Installs the program `docker-credential-test`. */
export async function installStore(program = PROGRAM): Promise<TestStore> {
  const directory = await temporaryDirectory()
  const [store, log, path] = ['store', 'log', 'docker-credential-test'].map((name) =>
    join(directory, name)
  ) as [string, string, string]
  await mkdir(store)
  await writeFile(log, '')
  await writeFile(path, program)
  await chmod(path, 0o755)
  const PATH = `${directory}:${process.env.PATH ?? ''}`
  return {
    deps: { env: { PATH, STORE: store, LOG: log } },
    store,
    put: (entry) => writeFile(join(store, HOST), JSON.stringify(entry)),
    entry: async () => JSON.parse(await readFile(join(store, HOST), 'utf8')) as unknown,
    actions: async () => (await readFile(log, 'utf8')).split('\n').filter(Boolean)
  }
}

/** Returns an entry in the format of docker-credential-helpers. */
export const entryOf = ({ username, secret }: { username: string; secret: string }) => ({
  ServerURL: HOST,
  Username: username,
  Secret: secret
})
