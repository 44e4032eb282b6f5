/**
 * Unsets the variables of the home directory if they are empty, as container tools do. Node.js and the AWS SDK would use
 * the working directory instead, which is usually the checkout of the repository.
 *
 * @param env the environment of this process
 */
export function unsetEmptyHome(env: NodeJS.ProcessEnv): void {
  for (const name of ['HOME', 'USERPROFILE']) {
    if (env[name] === '') Reflect.deleteProperty(env, name)
  }
}
