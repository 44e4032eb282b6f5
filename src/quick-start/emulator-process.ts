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

/** What the emulator prints when it accepts connections. */
const VARIABLES = ['AWS_ENDPOINT_URL_ECR_PUBLIC', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']

/**
 * Starts the emulator's bundle on a free port and waits until it accepts connections.
 *
 * @throws Error with what it complained of, where it ends before that
 */
export async function startEmulatorProcess(bundle: string): Promise<EmulatorProcess> {
  const child = spawn(process.execPath, [bundle, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (complaint += chunk))
  const env: Record<string, string> = {}
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^export ([A-Z_]+)=(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) env[name] = value
    if (VARIABLES.every((variable) => variable in env)) break
  }
  child.stdout.resume()
  const url = env.AWS_ENDPOINT_URL_ECR_PUBLIC
  if (url === undefined) {
    await ended
    throw new Error(`The emulator ended before it was ready – ${firstErrorOf(complaint)}`)
  }
  return {
    env,
    url,
    stop: () => {
      child.kill('SIGTERM')
      return ended
    }
  }
}

/** The line that says what is wrong, without Node.js's source and stack around it. */
function firstErrorOf(complaint: string): string {
  const lines = complaint.split('\n').map((line) => line.trim())
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== '') ?? ''
}
