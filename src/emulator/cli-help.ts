import { DEFAULT_PORT, flagOf, limitFlagOf } from './cli-options.js'
import { DEFAULT_LIMITS, SWITCHES } from './options.js'
import type { Limits } from './options.js'

const USAGE = `Usage: node dist/emulator/index.js [options]
       ecr-public-emulator [options]           (npm package)

Runs a local Amazon ECR Public on one port: the API (POST /), the registry (/v2/ and /token/) and the
gallery page (/). When it accepts connections, it prints the environment variables that configure the
AWS SDKs. It accepts any AWS access key. SIGTERM or Ctrl-C stops it.

  --port N               Port to listen on, or 0 for a free port (default ${DEFAULT_PORT})
  --host ADDRESS         Address to listen on (default 127.0.0.1)
  --data DIR             Directory for all data, used by one process at a time. Without it, all
                         data is deleted at the end.
  --seed FILE            JSON file with the initial repositories and images. It is ignored, with a
                         message, if DIR contains a repository.
  --alias NAME           Primary alias of the registry (default a1b2c3d4)
  --other-alias NAME=STATUS   Another alias with the status ACTIVE, PENDING or REJECTED (repeatable)
  --account ID           Account ID, 12 digits (default 123456789012)
  --profile NAME         faithful (default) behaves like public.ecr.aws. strict-oci follows the OCI
                         distribution specification.
  --verified             Give the account the verified badge
  --registry-host HOST   Host for repository URIs, with the port if clients need it: emulator:5111
                         (default: the host of the request)
  --part-size BYTES      partSize that InitiateLayerUpload returns (default ${DEFAULT_LIMITS.maxPartBytes})
  --allow ACTIONS        Comma-separated IAM actions that callers can use, such as
                         ecr-public:PutImage,ecr-public:Describe* (default: all actions).
                         GetAuthorizationToken also requires sts:GetServiceBearerToken.
  --fault JSON           Fault to inject from the start, see below (repeatable)
  --clock TIME           Time at the start, such as 2026-12-24T00:00:00Z (default: the system time)
  --version              Print the version
  --help                 Print this text
`

const FAULTS = `Faults can be added and removed while the emulator is running:

  curl -X POST http://127.0.0.1:${DEFAULT_PORT}/_emulator/faults -d '{"operation": "PutImage", "fault": "throttle", "count": 2}'
  curl -X DELETE http://127.0.0.1:${DEFAULT_PORT}/_emulator/faults

"operation" is an operation of the API, an operation of the registry (GetManifest, GetBlob, PutManifest,
...) or "*". "count" limits how often the fault applies. "probability" (0 to 1, reproducible with "seed")
applies it at random. Without either of them, it applies to every request. "fault" is one of:

  throttle, server-error, expired-token, access-denied, clock-skew, invalid-signature
      Return this error. For access-denied, "action" sets the IAM action in the message.
  reset-before, reset-after
      Reset the connection before or after the operation is performed.
  slow
      Delay the operation by "delayMs" milliseconds.
  truncate, malformed, wrong-content-type
      Send an incomplete or invalid response.
  partial
      Fail every second item of BatchDeleteImage or BatchCheckLayerAvailability.

Other control endpoints:

  GET /_emulator/requests       Return the request log
  DELETE /_emulator/requests    Clear the request log
  POST /_emulator/seed          Add the contents of a seed file, completely or not at all
  POST /_emulator/reset         Delete all repositories. With a body: and apply that seed.
  POST /_emulator/snapshot      Save the contents and return {"id": "..."}
  POST /_emulator/restore       Restore a snapshot: {"id": "..."}
  GET /_emulator/clock          Return the time: {"now": "2026-12-24T00:00:00.000Z"}
  POST /_emulator/clock         Set the clock: {"advance": "13h"} or {"now": "2026-12-24T00:00:00Z"}
  GET /_emulator/health         Return 200

The API and the control endpoints refuse web pages of other origins, and hosts other than localhost, the
addresses of this machine and --registry-host.
`

/** Returns the text of `--help`. */
export function helpText(): string {
  return [USAGE, switchesText(), limitsText(), FAULTS].join('\n')
}

function switchesText(): string {
  const lines = Object.entries(SWITCHES).map(([name, [first, ...others]]) => {
    const values = [`${first} (default)`, ...others].join(' | ')
    return `  --${flagOf(name).padEnd(28)} ${values}`
  })
  return `Switches for behavior of the service that is not documented (see docs/PARITY.md):\n\n${lines.join('\n')}\n`
}

function limitsText(): string {
  const lines = (Object.entries(DEFAULT_LIMITS) as [keyof Limits, number][]).map(
    ([name, value]) => `  --${limitFlagOf(name).padEnd(28)} ${value}`
  )
  return `Quotas and their defaults:\n\n${lines.join('\n')}\n`
}
