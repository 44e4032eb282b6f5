import { setTimeout as delay } from 'node:timers/promises'
import { logOut } from './login/log-out.js'
import type { LogoutOutcome } from './login/log-out.js'
import { parseLogins } from './login/login-records.js'
import { messageOf } from './runner/errors.js'
import { createLog } from './runner/report.js'
import { findLoginState } from './runner/state.js'

const MESSAGES: Readonly<Record<LogoutOutcome, string>> = {
  restored: 'is as it was before the login',
  left: 'was left alone, since its entry has been changed since or is used by another job',
  gone: 'has nothing to take back'
}

/**
 * The post step of login: puts back what was in the credential files. It warns where it cannot, and never
 * fails the job. After the other modes there is nothing to do.
 */
export async function post(): Promise<void> {
  const log = createLog()
  const deps = {
    random: Math.random,
    sleep: async (milliseconds: number): Promise<void> => delay(milliseconds)
  }
  // The runner ends a cancelled job's post step soon; each file is put back in milliseconds.
  for (const login of parseLogins(findLoginState() ?? '[]').reverse()) {
    try {
      log.info(`${login.file} ${MESSAGES[await logOut(login, deps)]}`)
    } catch (error) {
      log.warning(`The login could not be taken back from ${login.file}: ${messageOf(error)}`)
    }
  }
}

/** The name under which `@github/local-action` calls it. */
export { post as run }
