import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Two releases of one image as `docker save` archives. The second differs in its upper layer. */
export interface BenchArchives {
  readonly first: string
  readonly second: string
  /** The second release for another platform. */
  readonly arm64: string
  /** Total size of the uncompressed layers of the first release, in bytes. */
  readonly bytes: number
  /** Path of the largest uncompressed layer. */
  readonly layer: string
}

/** The layers contain files of this machine, to have realistic content. */
const SOURCES = [
  { directory: '/usr/lib', megabytes: 330 },
  { directory: '/usr/share', megabytes: 150 },
  { directory: '/usr/bin', megabytes: 60 }
]
/** The content of the upper layer of the second release. */
const CHANGED = { directory: '/usr/sbin', megabytes: 10 }

/**
 * Creates the archives, of at least 500 MB if the machine has as many files in /usr.
 *
 * @param share the fraction of this size
 */
export async function makeBenchArchives(directory: string, share = 1): Promise<BenchArchives> {
  await mkdir(directory, { recursive: true })
  const layers = []
  for (const [at, { directory: source, megabytes }] of SOURCES.entries())
    layers.push(await makeLayer(directory, `layer${at}.tar`, source, share * megabytes))
  const changed = await makeLayer(
    directory,
    'changed.tar',
    CHANGED.directory,
    share * CHANGED.megabytes
  )
  const bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0)
  const otherLayers = [...layers.slice(0, -1), changed]
  return {
    first: await save(directory, 'first.tar', layers),
    second: await save(directory, 'second.tar', otherLayers),
    arm64: await save(directory, 'arm64.tar', otherLayers, 'arm64'),
    bytes,
    layer: join(directory, 'layer0.tar')
  }
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

/** Lists regular files in a directory tree by name, up to `maxBytes` in total. */
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

async function save(
  directory: string,
  name: string,
  layers: readonly Layer[],
  architecture = 'amd64'
): Promise<string> {
  const config = JSON.stringify({
    architecture,
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
  if (status !== 0) throw new Error(`${program} exited with status ${String(status)}: ${stderr}`)
}

/** The same number for each size, because it determines how many layers are processed in parallel. */
const LARGE_LAYERS = 8

/**
 * Creates one archive per architecture, of `gib` GiB together. Their layers have the same size and contain `layer` from
 * different offsets. Returns the paths of the archives.
 */
export async function makeLargeArchives(
  directory: string,
  layer: string,
  gib: number,
  architectures: readonly string[]
): Promise<string[]> {
  const bytes = await readFile(layer)
  const size = (gib * 1024 ** 3) / LARGE_LAYERS
  const perArchive = LARGE_LAYERS / architectures.length
  const paths: string[] = []
  for (const [at, architecture] of architectures.entries()) {
    const target = join(directory, architecture)
    await mkdir(target, { recursive: true })
    const layers: Layer[] = []
    for (let number = at * perArchive; number < (at + 1) * perArchive; number++) {
      const start = (number * 32_436_224) % bytes.length
      const name = `layer${number}.tar`
      layers.push(await writeLargeLayer(bytes, { directory: target, name, start, size }))
    }
    paths.push(await save(target, 'image.tar', layers, architecture))
    for (const { name } of layers) await rm(join(target, name))
  }
  return paths
}

/** The first header of a tar archive. A push does not parse more of a layer. */
const TAR_HEADER_BYTES = 512

/** Writes `size` bytes: the first header of `bytes`, and `bytes` from the offset `start` repeatedly. */
async function writeLargeLayer(
  bytes: Buffer,
  { directory, name, start, size }: { directory: string; name: string; start: number; size: number }
): Promise<Layer> {
  const hash = createHash('sha256')
  const handle = await open(join(directory, name), 'w')
  try {
    let piece = bytes.subarray(0, TAR_HEADER_BYTES)
    for (let written = 0, from = start; written < size; from = 0) {
      hash.update(piece)
      await handle.writeFile(piece)
      written += piece.length
      piece = bytes.subarray(from, from + size - written)
    }
  } finally {
    await handle.close()
  }
  return { name, digest: hash.digest('hex'), bytes: size }
}
