import { getState, saveState } from '@actions/core'

/** What the main step leaves for the post step; `undefined` members were not saved. */
const IS_POST = 'isPost'
const LOGIN = 'login'

/** `true` in the post step of the action: the main step has marked it. */
export function isPost(): boolean {
  return getState(IS_POST) === 'true'
}

/** Marks that the main step ran, so that the next start of the bundle is the post step. */
export function markPost(): void {
  saveState(IS_POST, 'true')
}

/** Leaves text for the post step of login; it holds no secret in the clear. */
export function saveLoginState(text: string): void {
  saveState(LOGIN, text)
}

/** What login left for its post step, or `undefined` where it left nothing. */
export function findLoginState(): string | undefined {
  const text = getState(LOGIN)
  return text === '' ? undefined : text
}
