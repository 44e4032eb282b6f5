import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** An emulator in a process of its own. */
export interface EmulatorProcess {
  /** The variables that point the AWS SDK at it, as it prints them. */
  readonly env: Readonly<Record<string, string>>
  readonly url: string
  /** Ends it and waits until it has ended. */
  stop(): Promise<void>
}

/** How many lines the emulator says before it is ready: three to paste, and a few of its own. */
const VARIABLES = ['AWS_ENDPOINT_URL_ECR_PUBLIC', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']

/**
 * Starts the emulator's bundle and waits until it accepts connections, which is when it prints its variables.
 *
 * @throws where it ends before that
 */
export async function startEmulatorProcess(
  bundle: string,
  args: readonly string[]
): Promise<EmulatorProcess> {
  const child = spawn(process.execPath, [bundle, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const env: Record<string, string> = {}
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export ([A-Z_]+)=(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) env[name] = value
    if (VARIABLES.every((variable) => variable in env)) break
  }
  child.stdout.resume()
  const url = env.AWS_ENDPOINT_URL_ECR_PUBLIC
  if (url === undefined) throw new Error('The emulator ended before it was ready')
  return {
    env,
    url,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    }
  }
}
