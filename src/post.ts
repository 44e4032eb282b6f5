import { setTimeout as delay } from 'node:timers/promises'
import { parseLogins } from './login/login-records.js'
import { restoreOrWarn } from './login/restore-credential.js'
import type { RestoreOutcome } from './login/restore-credential.js'
import { repairHome } from './runner/repair-home.js'
import { createLog } from './runner/report.js'
import { findLoginState } from './runner/state.js'

const MESSAGES: Readonly<Record<RestoreOutcome, string>> = {
  restored: 'Restored to the content before the login',
  kept: 'Not changed, because the entry was changed after the login or another job still uses it',
  'not-found': 'Nothing to restore'
}

/**
 * The post step of the action: restores the credential files that mode login changed, and does nothing after other
 * modes. A file that cannot be restored is a warning, so the post step never fails the job.
 */
export async function post(): Promise<void> {
  repairHome(process.env)
  const log = createLog()
  const deps = {
    env: process.env,
    log,
    now: () => new Date(),
    random: Math.random,
    sleep: async (milliseconds: number): Promise<void> => delay(milliseconds)
  }
  for (const login of parseLogins(findLoginState() ?? '[]').reverse()) {
    const outcome = await restoreOrWarn(login, deps)
    if (outcome !== undefined) log.info(`${MESSAGES[outcome]}: ${login.file}`)
  }
}

/** The name under which `@github/local-action` calls the function. */
export { post as run }
