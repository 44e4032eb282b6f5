import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** An emulator in a separate process. */
export interface EmulatorProcess {
  /** The variables that configure the AWS SDK for the emulator. */
  readonly env: Readonly<Record<string, string>>
  readonly url: string
  /** Ends the emulator and waits for its exit. */
  stop(): Promise<void>
}

/** The variables that the emulator prints when it accepts connections. */
const VARIABLES = [
  'AWS_ENDPOINT_URL_ECR_PUBLIC',
  'AWS_ENDPOINT_URL_STS',
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY'
]

/**
 * Starts the bundle of the emulator on a free port and waits until it accepts connections.
 *
 * @throws Error with the error message of the emulator if it ends first
 */
export async function startEmulatorProcess(bundle: string): Promise<EmulatorProcess> {
  const child = spawn(process.execPath, [bundle, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let errorOutput = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errorOutput += chunk))
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
    throw new Error(`The emulator did not start. ${firstErrorOf(errorOutput)}`)
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

/** Returns the error message without the source and stack of Node.js. */
function firstErrorOf(errorOutput: string): string {
  const lines = errorOutput.split('\n').map((line) => line.trim())
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.find((line) => line !== '') ?? ''
}
