import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Deps, ExecResult } from '../runner/deps.js'
import { messageOf, problem } from '../runner/errors.js'

/** The programs that can save a local image, in the order in which they are tried. */
const PROGRAMS = ['docker', 'podman'] as const

/** The last words of a program that an error shows, in characters. */
const MAX_WORDS = 500

/**
 * Saves an image of this machine into a file of the step's temporary directory: with docker, or with podman
 * where docker is missing.
 *
 * @returns the path of the archive
 * @throws ActionError with the words of the program where it fails, or where neither is there
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
      value: lastWords(saved.stderr),
      fix: `check that "${program} image inspect ${reference}" finds the image in this job`
    })
  }
  throw problem(
    {
      what: 'Input "image" needs docker or podman, and neither is there',
      value: reference,
      fix: 'install one of them, or save the image yourself and give its path in "tar"'
    },
    causes[0]
  )
}

/** References begin with a letter or digit; what begins with "-" would be read as an option. */
function checkReference(reference: string): void {
  if (/^[A-Za-z0-9][\w.:/@+-]*$/.test(reference)) return
  throw problem({
    what: 'Input "image" is no reference of an image',
    value: reference,
    expected: 'a name with tag or digest, or an image id'
  })
}

/** Runs the program; an error is given back where it could not be started. */
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

function lastWords(stderr: string): string {
  const text = stderr.trim()
  return text.length <= MAX_WORDS ? text : `…${text.slice(-MAX_WORDS)}`
}
