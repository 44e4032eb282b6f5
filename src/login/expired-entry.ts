import { isJsonObject, parseJson } from '../runner/json.js'
import type { Json } from '../runner/json.js'

/**
 * Returns `true` if an entry of `auths` has a token of ECR whose expiration time has passed. The password is the Base64
 * of a JSON object with `expiration` in seconds since 1970, as issues about expired tokens show it. Any other entry is
 * not known to expire.
 */
export function isExpiredEntry(entry: Json | undefined, now: Date): boolean {
  if (!isJsonObject(entry)) return false
  // Docker also reads entries with the members `username` and `password`.
  if (typeof entry.password === 'string') return isExpiredPassword(entry.password, now)
  if (typeof entry.auth !== 'string') return false
  const credential = Buffer.from(entry.auth, 'base64').toString()
  return isExpiredPassword(credential.slice(credential.indexOf(':') + 1), now)
}

/** Returns `true` if a password is a token of ECR whose expiration time has passed. */
export function isExpiredPassword(password: string, now: Date): boolean {
  try {
    const token = parseJson(Buffer.from(password, 'base64').toString())
    const expiration = isJsonObject(token) ? token.expiration : undefined
    return typeof expiration === 'number' && expiration * 1000 <= now.getTime()
  } catch {
    return false
  }
}
