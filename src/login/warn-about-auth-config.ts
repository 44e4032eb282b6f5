import type { Deps } from '../runner/deps.js'
import { listHosts, parseCredentialDocument } from './credential-document.js'

/**
 * Warns if DOCKER_AUTH_CONFIG contains a credential for a host. Docker 28.3 and later use it instead of all credential
 * files (https://github.com/docker/cli/blob/master/cli/config/configfile/file.go).
 */
export function warnAboutAuthConfig(
  hosts: readonly string[],
  { env, log }: Pick<Deps, 'env' | 'log'>
): void {
  const overridden = hosts.filter((host) =>
    listVariableHosts(env.DOCKER_AUTH_CONFIG).includes(host)
  )
  if (overridden.length === 0) return
  log.warning(
    `The environment variable DOCKER_AUTH_CONFIG contains a credential for ${overridden.join(' and ')}. Docker 28.3 and later use it instead of the new credential. Remove the host from the variable.`
  )
}

/** Lists the hosts in the value of the variable. Docker ignores a value that it cannot parse. */
function listVariableHosts(text = ''): string[] {
  try {
    const keys = listHosts(parseCredentialDocument(text), 'auths')
    return keys.map((key) => key.replace(/^https?:\/\//, '').replace(/\/.*$/, ''))
  } catch {
    return []
  }
}
