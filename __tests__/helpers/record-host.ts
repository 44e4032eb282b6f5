import { appendFileSync } from 'node:fs'

/** Records a registry host of the test run, so that its end can find credentials for the host on the machine. */
export function recordHost(host: string): void {
  const file = process.env.TEST_HOSTS_FILE
  if (file !== undefined) appendFileSync(file, `${host}\n`)
}
