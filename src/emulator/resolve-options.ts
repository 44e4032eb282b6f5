import { checkOptions } from './check-options.js'
import { Clock } from './clock.js'
import { DEFAULT_LIMITS, SWITCHES } from './options.js'
import type { EmulatorOptions, Settings, SwitchName, Switches } from './options.js'
import { STRICT_OCI_SWITCHES } from './registry/switches.js'

/**
 * Applies the defaults.
 *
 * @throws Error for an option with an invalid value
 */
export function resolveOptions(options: EmulatorOptions): Settings {
  checkOptions(options)
  return {
    ...resolveSwitches(options),
    account: options.account ?? '123456789012',
    alias: options.alias ?? 'a1b2c3d4',
    data: options.data,
    allow: options.allow,
    profile: options.profile ?? 'faithful',
    verified: options.verified ?? false,
    otherAliases: options.otherAliases ?? [],
    registryHost: options.registryHost,
    partSize: options.partSize ?? DEFAULT_LIMITS.maxPartBytes,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    clock: new Clock(options.now, options.clock)
  }
}

function resolveSwitches(options: EmulatorOptions): Switches {
  const ofProfile: Partial<Record<SwitchName, string>> =
    options.profile === 'strict-oci' ? STRICT_OCI_SWITCHES : {}
  const switches = Object.entries(SWITCHES).map(([key, [first]]) => {
    const name = key as SwitchName
    return [name, options[name] ?? ofProfile[name] ?? first]
  })
  return Object.fromEntries(switches) as Switches
}
