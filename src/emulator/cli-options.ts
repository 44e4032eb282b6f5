import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import { checkAddress } from './check-options.js'
import { invalidValue } from './invalid-value.js'
import { DEFAULT_LIMITS, SWITCHES } from './options.js'
import type { EmulatorOptions, Limits, OtherAlias, SwitchName } from './options.js'
import { parseJson } from './parse-json.js'

export const DEFAULT_PORT = 5111
const DEFAULT_HOST = '127.0.0.1'

/** The parsed command line. */
export type CliRequest =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'serve'
      readonly host: string
      readonly port: number
      readonly options: EmulatorOptions
    }

/** Returns the flag of a switch: `catalogPut` is `--catalog-put`. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

const SWITCH_NAMES = Object.keys(SWITCHES) as SwitchName[]
const LIMIT_NAMES = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[]

/** Returns the flag of a limit: `maxPartBytes` is `--limit-max-part-bytes`. */
export function limitFlagOf(name: keyof Limits): string {
  return `limit-${flagOf(name)}`
}

const TEXT = { type: 'string' } as const
const TEXTS = { type: 'string', multiple: true } as const
const FLAGS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  port: TEXT,
  host: TEXT,
  data: TEXT,
  seed: TEXT,
  alias: TEXT,
  'other-alias': TEXTS,
  account: TEXT,
  profile: TEXT,
  verified: { type: 'boolean' },
  'registry-host': TEXT,
  'part-size': TEXT,
  allow: TEXTS,
  fault: TEXTS,
  clock: TEXT
} as const satisfies ParseArgsConfig['options']

/**
 * Parses the command line and reads the seed file.
 *
 * @throws Error for a flag with an invalid value
 */
export function parseCli(args: readonly string[]): CliRequest {
  const named = [...SWITCH_NAMES.map(flagOf), ...LIMIT_NAMES.map(limitFlagOf)]
  const { values: all } = parseArgs({
    args: [...args],
    options: { ...FLAGS, ...Object.fromEntries(named.map((name) => [name, TEXT])) }
  })
  const values = all as typeof all & Readonly<Record<string, string | undefined>>
  if (values.help === true) return { kind: 'help' }
  if (values.version === true) return { kind: 'version' }
  const options: Record<string, unknown> = {
    data: values.data,
    seed: values.seed === undefined ? undefined : readSeed(values.seed),
    alias: values.alias,
    account: values.account,
    profile: values.profile,
    verified: values.verified,
    registryHost: values['registry-host'],
    clock: values.clock,
    partSize: numberOf('part-size', values['part-size']),
    allow: values.allow?.flatMap((list) => list.split(',')),
    otherAliases: values['other-alias']?.map(parseOtherAlias),
    faults: values.fault?.map((text) => parseJson('The value of "--fault"', text)),
    limits: limitsOf(values)
  }
  for (const name of SWITCH_NAMES) options[name] = values[flagOf(name)]
  const present = Object.entries(options).filter(([, value]) => value !== undefined)
  const address = {
    host: values.host ?? DEFAULT_HOST,
    port: numberOf('port', values.port) ?? DEFAULT_PORT
  }
  checkAddress(address)
  return {
    kind: 'serve',
    ...address,
    options: Object.fromEntries(present)
  }
}

/** Returns the message of an error of the command line, which names options as `createEmulator` does, with their flags. */
export function describeCliError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { message } = error
  if ('code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) {
    const [first = ''] = message.split('\n')
    return `${first.replace(/\.$/, '')}. Use --help to list the options.`
  }
  const flags = new Map([
    ['otherAliases', 'other-alias'],
    ['faults', 'fault']
  ])
  return message
    .replace(
      /^Option "(\w+)"/,
      (_, name: string) => `Option "--${flags.get(name) ?? flagOf(name)}"`
    )
    .replace(/^Limit "(\w+)"/, (_, name: string) => `Option "--limit-${flagOf(name)}"`)
}

function limitsOf(values: Readonly<Record<string, unknown>>): Partial<Limits> {
  const limits: Partial<Record<keyof Limits, number>> = {}
  for (const name of LIMIT_NAMES) {
    const limit = numberOf(limitFlagOf(name), values[limitFlagOf(name)] as string | undefined)
    if (limit !== undefined) limits[name] = limit
  }
  return limits
}

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  throw invalidFlag(flag, text, 'a whole number')
}

function parseOtherAlias(text: string): OtherAlias {
  const [name = '', status = 'ACTIVE'] = text.split('=')
  if (status === 'ACTIVE' || status === 'PENDING' || status === 'REJECTED') return { name, status }
  throw invalidFlag('other-alias', text, 'NAME=ACTIVE, NAME=PENDING or NAME=REJECTED')
}

function readSeed(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`The file of "--seed" cannot be read: "${path}". ${reasonOf(error)}`, {
      cause: error
    })
  }
  return parseJson('The value of "--seed"', text)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.message}.` : ''
}

function invalidFlag(flag: string, text: string, expected: string): Error {
  return invalidValue(`Option "--${flag}"`, text, expected)
}
