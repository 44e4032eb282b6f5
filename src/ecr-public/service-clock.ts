import type { EcrPublicApi } from '../runner/deps.js'

/** The time of the service, from the `Date` header of its latest response (RFC 9110, section 6.6.1). */
export interface ServiceTime {
  /** Milliseconds since the epoch, in full seconds. */
  readonly service: number
  /** The local time at which the response was received, in milliseconds since the epoch. */
  readonly local: number
}

/** Reads the time of the service. */
export interface ServiceClock {
  /** Returns the time of the latest response, or `undefined` if no response had a valid `Date` header. */
  read(): ServiceTime | undefined
}

/**
 * Records the service's time from the responses of an API. A second call for the same API replaces the recording of the
 * first.
 *
 * @param now the local clock
 */
export function recordServiceTime(
  api: Pick<EcrPublicApi, 'middlewareStack'>,
  now: () => Date
): ServiceClock {
  let latest: ServiceTime | undefined
  api.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args)
      const { headers } = result.response as { readonly headers?: Record<string, string> }
      const service = Date.parse(headers?.date ?? '')
      if (!Number.isNaN(service)) latest = { service, local: now().getTime() }
      return result
    },
    { step: 'deserialize', priority: 'low', name: 'recordServiceTime', override: true }
  )
  return { read: () => latest }
}
