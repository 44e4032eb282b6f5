import type { SwitchName } from '../../../src/emulator/options.js'
import { ACCOUNT_QUESTIONS, registryBeforeRepository } from './account.ts'
import { BLOB_QUESTIONS } from './blobs.ts'
import { CATALOG_QUESTIONS } from './catalog.ts'
import { DELETION_QUESTIONS } from './deletion.ts'
import { IMAGE_QUESTIONS } from './images.ts'
import { MANIFEST_QUESTIONS } from './manifests.ts'
import type { Question } from './question.ts'

/** One question per switch of the emulator. The first one requires that the run has not created a repository yet. */
export const QUESTIONS: Readonly<Record<SwitchName, Question>> = {
  registryBeforeRepository,
  ...ACCOUNT_QUESTIONS,
  ...CATALOG_QUESTIONS,
  ...IMAGE_QUESTIONS,
  ...DELETION_QUESTIONS,
  ...MANIFEST_QUESTIONS,
  ...BLOB_QUESTIONS
}
