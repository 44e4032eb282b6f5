import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measure } from './measure.ts'
import type { Measurement } from './measure.ts'

const BUNDLE = join(import.meta.dirname, '..', '..', 'dist', 'index.js')

/** Runs the action's bundle as the runner does, and measures the whole process. */
export async function measureAction(
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>
): Promise<Measurement & { readonly outputs: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-action-'))
  try {
    const output = join(directory, 'output')
    const files: Record<string, string> = { GITHUB_OUTPUT: output }
    for (const name of ['GITHUB_STATE', 'GITHUB_STEP_SUMMARY', 'GITHUB_ENV'])
      files[name] = join(directory, name)
    for (const file of Object.values(files)) await writeFile(file, '')
    const variables: Record<string, string> = {
      PATH: process.env.PATH ?? '',
      HOME: directory,
      DOCKER_CONFIG: directory,
      // podman stores its credentials here. The file of this machine would grow with each run.
      XDG_RUNTIME_DIR: directory,
      RUNNER_TEMP: directory,
      ...files,
      ...env
    }
    for (const [name, value] of Object.entries(inputs))
      variables[`INPUT_${name.toUpperCase()}`] = value
    const measured = await measure({
      program: process.execPath,
      args: [BUNDLE],
      env: variables,
      cwd: directory
    })
    return { ...measured, outputs: await readFile(output, 'utf8') }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
