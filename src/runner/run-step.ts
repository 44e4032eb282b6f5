import { reportFailure } from './report.js'

/** How long work in progress may take after a failure, in milliseconds. A cancelled step has the same time. */
const MAX_ENDING_MS = 10_000

/** Runs one step of the action as the whole process, and ends the process when the step has ended. */
export async function runStep(step: () => Promise<void>): Promise<void> {
  // Node.js exits with status 0 if it waits for a promise that can never settle.
  let hasEnded = false
  process.once('exit', (code) => {
    if (!hasEnded && code === 0) reportFailure(new Error('The step stopped before it was complete'))
  })
  await step()
  hasEnded = true

  // After a success everything is written, so the process exits immediately. After a failure, requests can still be in
  // progress, but an open connection must not keep the process running.
  const end = (): void => void process.stdout.write('', () => process.exit())
  if (process.exitCode) setTimeout(end, MAX_ENDING_MS).unref()
  else end()
}
