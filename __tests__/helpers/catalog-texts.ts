import * as texts from '../../src/sync-catalog/markdown/catalog-texts.js'
import type {
  PartText,
  ReadmeTexts,
  TextFindings
} from '../../src/sync-catalog/markdown/catalog-texts.js'
import { runSteps } from '../../src/sync-catalog/markdown/steps.js'

/** Converts a README without a limit of time or memory. */
export function readReadme(...args: Parameters<typeof texts.readReadme>): ReadmeTexts {
  return runSteps(texts.readReadme(...args))
}

/** Converts a file to one text without a limit of time or memory. */
export function readTextFile(
  ...args: Parameters<typeof texts.readTextFile>
): TextFindings & { readonly part: PartText } {
  return runSteps(texts.readTextFile(...args))
}
