import type { Operation } from './operation.js'

export const getRegistryCatalogData: Operation<'GetRegistryCatalogData'> = (_input, call) => ({
  registryCatalogData: { displayName: call.context.store.displayName }
})
