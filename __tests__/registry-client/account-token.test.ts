import { createAccountToken } from '../../src/registry-client/account-token.js'
import type { Deps, EcrPublicApi } from '../../src/runner/deps.js'
import { makeDeps } from '../helpers/make-deps.js'

const tokenOf = (password: string): string => Buffer.from(`AWS:${password}`).toString('base64')

const expirationOf = (call: number): Date => new Date(Date.UTC(2026, 0, call))

/** Returns the function with the secrets that it masked. Its tokens have the passwords `password-1`, `password-2` and so on. */
function accountToken(
  authorizationTokenOf: (call: number) => string | undefined = (call) =>
    tokenOf(`password-${String(call)}`)
): {
  getToken: Deps['accountToken']
  clock: { time: number }
  masked: readonly string[]
  calls: () => number
} {
  let calls = 0
  const clock = { time: Date.UTC(2026, 0) - 1 }
  const api = {
    send: () => {
      const authorizationToken = authorizationTokenOf(++calls)
      return authorizationToken === undefined
        ? Promise.reject(new Error('not authorized'))
        : Promise.resolve({
            authorizationData: { authorizationToken, expiresAt: expirationOf(calls) }
          })
    }
  } as unknown as EcrPublicApi
  const deps = makeDeps({ env: {} }, { api, now: () => new Date(clock.time) })
  return { getToken: createAccountToken(deps), clock, masked: deps.masked, calls: () => calls }
}

it('is requested once, also by calls at the same time', async () => {
  const { getToken, calls } = accountToken()
  const token = tokenOf('password-1')
  expect(await Promise.all([getToken(), getToken()])).toEqual([token, token])
  expect(await getToken()).toBe(token)
  expect(calls()).toBe(1)
})

it('is replaced if a registry refuses it, but not by a late refusal of the previous one', async () => {
  const { getToken, calls } = accountToken()
  const first = await getToken()
  const second = await getToken(first)
  expect(second).toBe(tokenOf('password-2'))
  expect(await getToken(first)).toBe(second)
  expect(calls()).toBe(2)
})

it('is replaced when it has expired', async () => {
  const { getToken, clock } = accountToken()
  await getToken()
  clock.time = expirationOf(1).getTime()
  const second = tokenOf('password-2')
  expect(await Promise.all([getToken(), getToken()])).toEqual([second, second])
})

it('is masked together with its password', async () => {
  const { getToken, masked } = accountToken()
  await getToken()
  expect(masked).toEqual([tokenOf('password-1'), 'password-1'])
})

it.each([
  ['the call fails', undefined],
  ['the service returns an empty token', '']
])('is undefined if %s, and is not requested again', async (_, authorizationToken) => {
  const { getToken, calls } = accountToken(() => authorizationToken)
  expect(await getToken()).toBeUndefined()
  expect(await getToken()).toBeUndefined()
  expect(calls()).toBe(1)
})
