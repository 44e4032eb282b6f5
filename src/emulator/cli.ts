import { describeCliError, parseCli } from './cli-options.js'
import { helpText } from './cli-help.js'
import { createEmulatorServer } from './emulator.js'
import { listen } from './listen.js'
import { variablesOf } from './variables.js'
import { VERSION } from './version.js'

/** The exit status for an invalid command line. */
const USAGE_ERROR = 2

/** Serves the emulator until SIGTERM or SIGINT. */
export async function runCli(args: readonly string[]): Promise<void> {
  try {
    const request = parseCli(args)
    if (request.kind === 'help') process.stdout.write(helpText())
    else if (request.kind === 'version') process.stdout.write(`${VERSION}\n`)
    else await serve(request)
  } catch (error) {
    process.stderr.write(`${describeCliError(error)}\n`)
    process.exitCode = USAGE_ERROR
  }
}

async function serve({
  host,
  port,
  options
}: Extract<ReturnType<typeof parseCli>, { kind: 'serve' }>): Promise<void> {
  const { server, context, ignoredSeed } = await createEmulatorServer(options)
  if (ignoredSeed) {
    process.stderr.write(
      'The seed was not applied, because the data directory contains repositories. To replace them, send the seed to /_emulator/reset.\n'
    )
  }
  process.once('exit', () => context.store.close())
  listen(server, host, port).then(
    (url) => process.stdout.write(banner(url)),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
      server.emit('close')
    }
  )
  const stop = (): void => {
    server.close()
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

/** Returns the lines to paste into a shell. */
function banner(url: string): string {
  return Object.entries(variablesOf(url))
    .map(([name, value]) => `export ${name}=${value}\n`)
    .join('')
}
