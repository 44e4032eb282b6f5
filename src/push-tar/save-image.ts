import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Deps, ExecResult } from '../runner/deps.js'
import { messageOf, problem } from '../runner/errors.js'

/** The programs that can save a local image, in the order in which they are tried. */
const PROGRAMS = ['docker', 'podman'] as const

/** The maximum length of the output of a program in an error, in characters. */
const MAX_OUTPUT_CHARACTERS = 500

/**
 * Saves a local image to a file in the temporary directory, with docker or, if docker is not installed, with podman.
 *
 * @returns the path of the archive
 * @throws ActionError with the output of the program if it fails, or if neither program is installed
 */
export async function saveImage(
  reference: string,
  deps: Pick<Deps, 'exec' | 'log' | 'temporaryDirectory' | 'signal'>
): Promise<string> {
  checkReference(reference)
  const path = join(await deps.temporaryDirectory(), 'image.tar')
  const causes: unknown[] = []
  for (const program of PROGRAMS) {
    deps.log.info(`Saving ${reference} with ${program}`)
    const saved = await runSave(program, reference, path, deps)
    if (saved instanceof Error) {
      causes.push(saved)
      continue
    }
    if (saved.exitCode === 0) return path
    rmSync(path, { force: true })
    deps.signal.throwIfAborted()
    throw problem({
      what: `"${program} save" failed with exit status ${saved.exitCode}`,
      value: endOf(saved.stderr),
      fix: `Check that "${program} image inspect ${reference}" finds the image in this job.`
    })
  }
  throw problem(
    {
      what: 'Input "image" requires docker or podman, but neither is installed',
      value: reference,
      fix: 'Install docker or podman, or save the image in another way and set "tar" to the path of the archive.'
    },
    causes[0]
  )
}

/** Rejects references that a program would parse as an option. References begin with a letter or digit. */
function checkReference(reference: string): void {
  if (/^[A-Za-z0-9][\w.:/@+-]*$/.test(reference)) return
  throw problem({
    what: 'Input "image" is not a valid image reference',
    value: reference,
    expected: 'Use a name with a tag or digest, or an image ID.'
  })
}

/** Runs the program. Returns an error if the program could not be started. */
async function runSave(
  program: string,
  reference: string,
  path: string,
  { exec, signal }: Pick<Deps, 'exec' | 'signal'>
): Promise<ExecResult | Error> {
  try {
    return await exec(program, ['save', reference], { stdoutFile: path, signal })
  } catch (error) {
    rmSync(path, { force: true })
    signal.throwIfAborted()
    return error instanceof Error ? error : new Error(messageOf(error))
  }
}

function endOf(output: string): string {
  const text = output.trim()
  return text.length <= MAX_OUTPUT_CHARACTERS ? text : `…${text.slice(-MAX_OUTPUT_CHARACTERS)}`
}
