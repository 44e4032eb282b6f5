import { homedir } from 'node:os'

/**
 * Unsets the variables of the home directory if they are empty, as container tools do. Node.js and the AWS SDK would use
 * the working directory instead, which is usually the checkout of the repository. If the user does not have a home
 * directory, as in a container that runs with any user ID, it is `/`, as container runtimes set it.
 *
 * @param env the environment of this process
 * @param findHome returns the home directory, or throws an error if there is none
 */
export function repairHome(env: NodeJS.ProcessEnv, findHome = homedir): void {
  for (const name of ['HOME', 'USERPROFILE']) {
    if (env[name] === '') Reflect.deleteProperty(env, name)
  }
  try {
    findHome()
  } catch {
    env.HOME = '/'
  }
}
