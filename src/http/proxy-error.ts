import { ActionError } from '../runner/errors.js'

/** A proxy that refused a request, closed the connection or cannot be reached. The message names its variable. */
export class ProxyError extends ActionError {
  readonly code = 'EPROXY'

  /** @param isTransient `true` if another attempt can succeed */
  constructor(
    error: ActionError,
    readonly isTransient: boolean
  ) {
    super(error.message, { cause: error.cause })
  }
}
