/** The post step of login. */
export function post(): Promise<void> {
  return Promise.reject(new Error('not written yet'))
}
