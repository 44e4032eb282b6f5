import { ApiError } from '../api-error.js'
import type { Operation } from './operation.js'

/** PutRegistryCatalogData removes the display name if the text is empty or absent. */
export const putRegistryCatalogData: Operation<'PutRegistryCatalogData'> = (input, call) => {
  const { store, settings } = call.context
  // "Only accounts that have the verified account badge can have a registry display name" (API reference).
  if (settings.displayNameOf === 'verified-only' && !settings.verified) {
    throw new ApiError(
      'UnsupportedCommandException',
      'Only accounts that have the verified account badge can have a registry display name.'
    )
  }
  store.setDisplayName(input.displayName === '' ? undefined : input.displayName)
  return { registryCatalogData: { displayName: store.displayName } }
}
