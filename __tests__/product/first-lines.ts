import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ROOT } from './read-workflow.js'

/** Starts the bundled emulator, returns the lines that it prints when it accepts connections, and ends it. */
export async function readFirstLines(): Promise<string> {
  const emulator = spawn(process.execPath, ['dist/emulator/index.js', '--port', '0'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let output = ''
  for await (const chunk of emulator.stdout) {
    output += String(chunk)
    if (output.includes('SECRET_ACCESS_KEY=')) break
  }
  emulator.kill('SIGTERM')
  await once(emulator, 'close')
  return output
}
