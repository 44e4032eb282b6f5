import type { Operation } from './operation.js'

/** GetRegistryCatalogData. */
export const getRegistryCatalogData: Operation<'GetRegistryCatalogData'> = (_input, call) => ({
  registryCatalogData: { displayName: call.context.store.displayName }
})
