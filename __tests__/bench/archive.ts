import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Two releases of one image as `docker save` archives: the second differs in its upper layer. */
export interface BenchArchives {
  readonly first: string
  readonly second: string
  /** The uncompressed layers of the first, in bytes. */
  readonly bytes: number
  /** The largest layer, uncompressed. */
  readonly layer: string
}

/** Where the layers come from: the files of this machine, real ones of every kind. */
const SOURCES = [
  { directory: '/usr/lib', megabytes: 330 },
  { directory: '/usr/share', megabytes: 150 },
  { directory: '/usr/bin', megabytes: 60 }
]
/** What the upper layer of the second release is made of. */
const CHANGED = { directory: '/usr/sbin', megabytes: 10 }

/** Makes the two archives; at least 500 MB where the machine has that much under /usr. */
export async function makeBenchArchives(directory: string): Promise<BenchArchives> {
  await mkdir(directory, { recursive: true })
  const layers = []
  for (const [at, source] of SOURCES.entries()) {
    layers.push(await makeLayer(directory, `layer${at}.tar`, source.directory, source.megabytes))
  }
  const changed = await makeLayer(directory, 'changed.tar', CHANGED.directory, CHANGED.megabytes)
  const bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0)
  const first = await save(directory, 'first.tar', layers)
  const second = await save(directory, 'second.tar', [...layers.slice(0, -1), changed])
  return { first, second, bytes, layer: join(directory, 'layer0.tar') }
}

interface Layer {
  readonly name: string
  readonly digest: string
  readonly bytes: number
}

async function makeLayer(
  directory: string,
  name: string,
  source: string,
  megabytes: number
): Promise<Layer> {
  const list = join(directory, `${name}.files`)
  await writeFile(list, (await listFiles(source, megabytes * 1e6)).join('\0'))
  const path = join(directory, name)
  command('tar', [
    '--null',
    '--no-recursion',
    '--mtime=@0',
    '--format=gnu',
    '-cPf',
    path,
    '-T',
    list
  ])
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path)) {
    hash.update(chunk as Buffer)
    bytes += (chunk as Buffer).length
  }
  return { name, digest: hash.digest('hex'), bytes }
}

/** Regular files below a directory, in the order of their names, up to so many bytes. */
async function listFiles(directory: string, maxBytes: number): Promise<string[]> {
  const files: string[] = []
  let bytes = 0
  const walk = async (at: string): Promise<void> => {
    for (const name of (await readdir(at)).sort()) {
      if (bytes >= maxBytes) return
      const path = join(at, name)
      const stats = await lstat(path)
      if (stats.isDirectory()) await walk(path)
      else if (stats.isFile() && bytes + stats.size <= maxBytes * 1.05) {
        files.push(path)
        bytes += stats.size
      }
    }
  }
  await walk(directory)
  return files
}

async function save(directory: string, name: string, layers: readonly Layer[]): Promise<string> {
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
    history: layers.map(() => ({ created: '2026-01-01T00:00:00Z' }))
  })
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`
  const names = layers.map((layer) => layer.name)
  const manifest = JSON.stringify([
    { Config: configName, RepoTags: ['bench/app:1'], Layers: names }
  ])
  await writeFile(join(directory, configName), config)
  await writeFile(join(directory, 'manifest.json'), manifest)
  const path = join(directory, name)
  command('tar', [
    '--mtime=@0',
    '--format=gnu',
    '-cf',
    path,
    '-C',
    directory,
    ...names,
    configName,
    'manifest.json'
  ])
  return path
}

function command(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ended with ${String(status)}: ${stderr}`)
}

/** As many layers for any size: what is at work at once depends on them. */
const LARGE_LAYERS = 8

/** An archive of so many GiB: layers of the same size, each the bytes of `layer` from another place on. */
export async function makeLargeArchive(
  directory: string,
  layer: string,
  gib: number
): Promise<string> {
  const at = join(directory, `large-${gib}`)
  await mkdir(at, { recursive: true })
  const bytes = await readFile(layer)
  const layers: Layer[] = []
  const size = (gib * 1024 ** 3) / LARGE_LAYERS
  for (let number = 0; number < LARGE_LAYERS; number++) {
    const start = (number * 32_436_224) % bytes.length
    layers.push(await turn(bytes, { directory: at, name: `layer${number}.tar`, start, size }))
  }
  return save(at, 'image.tar', layers)
}

/** So much of the bytes, from a place on and over and over; a push does not look into layers. */
async function turn(
  bytes: Buffer,
  { directory, name, start, size }: { directory: string; name: string; start: number; size: number }
): Promise<Layer> {
  const hash = createHash('sha256')
  const handle = await open(join(directory, name), 'w')
  try {
    for (let written = 0, from = start; written < size; from = 0) {
      const piece = bytes.subarray(from, from + size - written)
      hash.update(piece)
      await handle.writeFile(piece)
      written += piece.length
    }
  } finally {
    await handle.close()
  }
  return { name, digest: hash.digest('hex'), bytes: size }
}
