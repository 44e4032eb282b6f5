/** The members of an error of Node.js that describe a TLS failure. */
export interface TlsFailure {
  readonly code: string | undefined
  readonly message: string
}

/** The codes of Node.js for a certificate of an unknown issuer. */
const UNTRUSTED_CODES: readonly (string | undefined)[] = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'
]

/** The reasons of OpenSSL for a first record that is not a TLS record (`ssl/record/methods/tlsany_meth.c`). */
const NOT_TLS = /wrong version number|packet length too long|http request|bad record type/i

/** Returns `true` if the issuer of the server certificate is not trusted. */
export function isUntrusted({ code }: TlsFailure): boolean {
  return UNTRUSTED_CODES.includes(code)
}

/** Returns `true` if a TLS handshake failed. Certificate errors have codes of their own. */
export function isHandshakeFailure({ code }: TlsFailure): boolean {
  // Node.js uses the first code while data is written, and otherwise the reason of OpenSSL.
  return code === 'EPROTO' || code?.startsWith('ERR_SSL_') === true
}

/** Returns `true` if the peer answered the TLS handshake with other data, such as HTTP or an HTML page. */
export function isNotTls(failure: TlsFailure): boolean {
  return isHandshakeFailure(failure) && NOT_TLS.test(failure.message)
}

/** Returns the reason of OpenSSL, such as `wrong version number`. */
export function handshakeReason({ message }: TlsFailure): string {
  return /SSL routines:[^:]*:([^:]+)/.exec(message)?.[1] ?? message
}
