import type { AddressInfo } from 'node:net'
import { ACCESS_KEY_ID, parseCli, SECRET_ACCESS_KEY } from './cli-options.js'
import { helpText } from './cli-help.js'
import { createEmulator } from './emulator.js'

/** The exit status for an invalid command line. */
const USAGE_ERROR = 2

/** Serves the emulator until SIGTERM or SIGINT. */
export function runCli(args: readonly string[]): void {
  try {
    const request = parseCli(args)
    if (request.kind === 'help') process.stdout.write(helpText())
    else serve(request)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = USAGE_ERROR
  }
}

function serve({
  host,
  port,
  options
}: Extract<ReturnType<typeof parseCli>, { kind: 'serve' }>): void {
  const server = createEmulator(options)
  server.on('error', (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    server.emit('close')
  })
  server.listen(port, host, () => {
    const address = server.address() as AddressInfo
    process.stdout.write(banner(urlHost(host), address.port))
  })
  const stop = (): void => {
    server.close()
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

/** Returns the lines to paste into a shell. */
function banner(host: string, port: number): string {
  return [
    `export AWS_ENDPOINT_URL_ECR_PUBLIC=http://${host}:${port}`,
    `export AWS_ENDPOINT_URL_STS=http://${host}:${port}`,
    'export AWS_REGION=us-east-1',
    'export AWS_DEFAULT_REGION=us-east-1',
    `export AWS_ACCESS_KEY_ID=${ACCESS_KEY_ID}`,
    `export AWS_SECRET_ACCESS_KEY=${SECRET_ACCESS_KEY}`,
    ''
  ].join('\n')
}

/**
 * Returns a host for use in a URL: the loopback for a wildcard address, IPv6 addresses in brackets.
 */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
