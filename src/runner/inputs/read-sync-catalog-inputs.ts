import type { InputReader } from './input-reader.js'
import type { CommonInputs, SyncCatalogInputs } from './types.js'

/** @throws ActionError where one is malformed */
export function readSyncCatalogInputs(
  common: CommonInputs,
  reader: InputReader
): SyncCatalogInputs {
  return {
    mode: 'sync-catalog',
    ...common,
    repositories: reader.requiredList('repository'),
    readme: reader.textOrDefault('readme'),
    readmeIsGiven: reader.isGiven('readme'),
    usageHeadings: reader.list('usage-heading') ?? [],
    about: reader.text('about'),
    usage: reader.text('usage'),
    description: reader.text('description'),
    architectures: reader.list('architectures'),
    operatingSystems: reader.list('operating-systems'),
    logo: reader.text('logo'),
    displayName: reader.text('display-name'),
    absoluteLinks: reader.boolean('absolute-links'),
    onTooLong: reader.choice('on-too-long')
  }
}
