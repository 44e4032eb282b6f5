import type { EcrPublicApi } from '../../src/runner/deps.js'

/** Sends a command to the API that is intercepted. */
export type Send = (command: unknown) => Promise<unknown>

/** Returns an API whose commands `intercept` receives. It can send them, answer them or throw. */
export function interceptApi(
  api: EcrPublicApi,
  intercept: (command: unknown, send: Send) => Promise<unknown>
): EcrPublicApi {
  const send = (command: unknown): Promise<unknown> =>
    intercept(command, api.send.bind(api) as Send)
  return { send: send as EcrPublicApi['send'], middlewareStack: api.middlewareStack }
}
