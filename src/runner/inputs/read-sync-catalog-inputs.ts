import type { InputReader } from './input-reader.js'
import type { CommonInputs } from './read-common-inputs.js'

/** The inputs of mode sync-catalog. */
export interface SyncCatalogInputs extends CommonInputs {
  readonly mode: 'sync-catalog'
  /** Names, patterns and exclusions, in their order. */
  readonly repositories: readonly string[]
  readonly readme: string
  /** `true` if the input is given: the file must then exist. */
  readonly readmeIsGiven: boolean
  readonly usageHeadings: readonly string[]
  readonly about?: string | undefined
  readonly usage?: string | undefined
  readonly description?: string | undefined
  /** Values, platform names, `['auto']` or `['none']`. */
  readonly architectures?: readonly string[] | undefined
  readonly operatingSystems?: readonly string[] | undefined
  readonly logo?: string | undefined
  readonly displayName?: string | undefined
  readonly absoluteLinks: boolean
  /** `commit`, `branch`, or a ref. */
  readonly linkRef: string
  readonly onTooLong: 'truncate' | 'fail'
}

/** @throws ActionError if an input is invalid */
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
    usageHeadings: reader.headings('usage-heading'),
    about: reader.text('about'),
    usage: reader.text('usage'),
    description: reader.text('description'),
    architectures: reader.list('architectures'),
    operatingSystems: reader.list('operating-systems'),
    logo: reader.text('logo'),
    displayName: reader.text('display-name'),
    absoluteLinks: reader.boolean('absolute-links'),
    linkRef: reader.textOrDefault('link-ref'),
    onTooLong: reader.choice('on-too-long')
  }
}
