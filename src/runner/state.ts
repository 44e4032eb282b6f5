import { getState, saveState } from '@actions/core'

const LOGIN = 'login'

/** Leaves text for the post step of login. The text must not contain a secret. */
export function saveLoginState(text: string): void {
  saveState(LOGIN, text)
}

/** Returns the text that login left for its post step, or `undefined` if it left none. */
export function findLoginState(): string | undefined {
  const text = getState(LOGIN)
  return text === '' ? undefined : text
}
