import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { invalidParameter } from '../api-error.js'

const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const SEAL_BYTES = 16

/**
 * Creates a token for the page after a sequence number, valid for this list only. It is encrypted
 * so that clients cannot rely on its contents; the key is part of the data, so a token remains
 * valid after a restart.
 */
export function createPageToken(key: Buffer, list: string, after: number): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce)
  const text = Buffer.concat([cipher.update(`${String(after)} ${list}`), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
}

/**
 * Returns the sequence number after which the page begins.
 *
 * @throws ApiError (InvalidParameterException) if the token does not belong to this list
 */
export function readPageToken(key: Buffer, list: string, token: string): number {
  const [after, ofList] = decrypt(key, token).split(/ (.*)/s)
  if (after === undefined || ofList !== list) throw invalidParameter('nextToken', 'Invalid token')
  return Number(after)
}

function decrypt(key: Buffer, token: string): string {
  try {
    const bytes = Buffer.from(token, 'base64')
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: SEAL_BYTES })
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + SEAL_BYTES))
    const text = decipher.update(bytes.subarray(NONCE_BYTES + SEAL_BYTES))
    return Buffer.concat([text, decipher.final()]).toString()
  } catch {
    return ''
  }
}
