import { DEFAULT_PORT, flagOf, limitFlagOf } from './cli-options.js'
import { DEFAULT_LIMITS, SWITCHES } from './options.js'
import type { Limits } from './options.js'

const USAGE = `Usage: node dist/emulator/index.js [options]

Serves Amazon ECR Public on one port: the API (AWS JSON, POST /), the registry (/v2/, /token/) and the
gallery page (/). Prints the variables that point an SDK at it once it accepts connections. Any AWS key
is taken. SIGTERM ends it.

  --port N               port, 0 for a free one (default ${DEFAULT_PORT})
  --host ADDRESS         address to listen on (default 127.0.0.1)
  --data DIR             keep everything there; else it ends with the process
  --seed FILE            JSON file with what is there at the start, where the store is empty
  --alias NAME           alias of the registry (default a1b2c3d4)
  --other-alias NAME=STATUS   a further alias: ACTIVE, PENDING or REJECTED; can be repeated
  --account ID           account id, 12 digits (default 123456789012)
  --profile NAME         faithful: with the quirks of public.ecr.aws (default); strict-oci: by the OCI specification
  --verified             the account has the verified badge
  --registry-host HOST   host that URIs name (default: the one that the client used)
  --part-size BYTES      what InitiateLayerUpload answers as partSize (default ${DEFAULT_LIMITS.maxPartBytes})
  --allow ACTIONS        IAM actions that callers are allowed, such as ecr-public:PutImage,ecr-public:Describe*
                         (default: all); GetAuthorizationToken needs sts:GetServiceBearerToken too
  --fault JSON           a fault from the start, as below; can be repeated
  --help                 this text
`

const FAULTS = `Faults are set and cleared while it runs:

  curl -X POST http://127.0.0.1:${DEFAULT_PORT}/_emulator/faults -d '{"operation": "PutImage", "fault": "throttle", "count": 2}'
  curl -X DELETE http://127.0.0.1:${DEFAULT_PORT}/_emulator/faults

"operation" is one of the API, one of the registry (GetManifest, GetBlob, PutManifest, ...) or "*". With
neither "count" nor "probability" (0 to 1, with "seed") it strikes every time. "fault" is:
  throttle, server-error, expired-token, access-denied ("action"), clock-skew, invalid-signature: the service's answer
  reset-before, reset-after: the connection is reset before the change, or after it took effect
  slow ("delayMs"), truncate, malformed, wrong-content-type: the answer is late or spoiled
  partial: every second item of BatchDeleteImage or BatchCheckLayerAvailability fails

More: GET /_emulator/requests (the request log; DELETE empties it), POST /_emulator/seed (adds what a seed
file describes), GET /_emulator/health.
`

/** What `--help` prints. */
export function helpText(): string {
  return [USAGE, switchesText(), limitsText(), FAULTS].join('\n')
}

function switchesText(): string {
  const lines = Object.entries(SWITCHES).map(([name, [first, ...others]]) => {
    const values = [`${first} (default)`, ...others].join(' | ')
    return `  --${flagOf(name).padEnd(28)} ${values}`
  })
  return `What nobody outside of AWS knows for sure is a switch (see PARITY.md):\n\n${lines.join('\n')}\n`
}

function limitsText(): string {
  const lines = (Object.entries(DEFAULT_LIMITS) as [keyof Limits, number][]).map(
    ([name, value]) => `  --${limitFlagOf(name).padEnd(28)} ${value}`
  )
  return `Quotas, with their defaults:\n\n${lines.join('\n')}\n`
}
