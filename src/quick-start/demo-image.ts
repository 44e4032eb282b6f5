import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeTar } from './tar-writer.js'
import type { TarFile } from './tar-writer.js'

/** A layer on disk with the digest of its uncompressed bytes. */
interface Layer {
  readonly path: string
  readonly diffId: string
  readonly size: number
}

/** The lower layer of the demo image and the directory for its archives. */
export interface DemoImage {
  /** The layer that all releases share. */
  readonly base: Layer
  readonly directory: string
}

/**
 * Writes the base layer with one program. Default: the Node.js binary of this process (about 100
 * MB).
 */
export async function makeBase(directory: string, program = process.execPath): Promise<DemoImage> {
  const { size } = await stat(program)
  const path = join(directory, 'base.tar')
  const written = await writeTar(path, [
    {
      name: 'usr/local/bin/node',
      mode: 0o755,
      content: { path: program, size }
    }
  ])
  return { base: { path, diffId: written.digest, size: written.size }, directory }
}

/**
 * Writes an archive in the format of `docker save` with two layers: Node.js and the emulator.
 *
 * @param emulator the directory of the emulator
 * @returns the path of the archive and its size in bytes
 */
export async function saveRelease(
  image: DemoImage,
  version: string,
  emulator: string
): Promise<{ readonly path: string; readonly size: number }> {
  const appPath = join(image.directory, `app-${version}.tar`)
  const names = (await readdir(emulator)).filter((name) => /\.js$|^package\.json$/.test(name))
  const program = await Promise.all(
    names.sort().map(async (name): Promise<TarFile> => ({
      name: `app/${name}`,
      mode: 0o644,
      content: await readFile(join(emulator, name))
    }))
  )
  const app = await writeTar(appPath, [...program, text('app/VERSION', `${version}\n`)])
  const layers: Layer[] = [image.base, { path: appPath, diffId: app.digest, size: app.size }]
  const config = Buffer.from(JSON.stringify(configOf(layers, version)))
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`
  const path = join(image.directory, `image-${version}.tar`)
  const { size } = await writeTar(path, [
    ...layers.map((layer): TarFile => ({
      name: layerName(layer),
      mode: 0o644,
      content: { path: layer.path, size: layer.size }
    })),
    { name: configName, mode: 0o644, content: config },
    text(
      'manifest.json',
      JSON.stringify([
        {
          Config: configName,
          RepoTags: [`demo/emulator:${version}`],
          Layers: layers.map(layerName)
        }
      ])
    )
  ])
  return { path, size }
}

function layerName(layer: Layer): string {
  return `${layer.diffId.slice('sha256:'.length)}/layer.tar`
}

function configOf(layers: readonly Layer[], version: string): unknown {
  const created = '2026-01-01T00:00:00Z'
  return {
    created,
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: {
      Entrypoint: ['/usr/local/bin/node', '/app/index.js', '--host', '0.0.0.0'],
      ExposedPorts: { '5111/tcp': {} },
      Labels: { 'org.opencontainers.image.version': version }
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: [
      { created, created_by: 'COPY node /usr/local/bin/node' },
      { created, created_by: `COPY emulator ${version} /app` }
    ]
  }
}

function text(name: string, content: string): TarFile {
  return { name, mode: 0o644, content: Buffer.from(content) }
}
