import { MODES } from './inputs/input-specs.js'
import type { Mode } from './inputs/input-specs.js'

/** One output and the modes that set it. */
export interface OutputSpec {
  readonly modes: readonly Mode[]
}

const ALL_BUT_LOGIN = MODES.filter((mode) => mode !== 'login')

/** All outputs of the action. A test checks that `action.yml` and the README contain the same outputs. */
export const OUTPUT_SPECS = {
  changed: { modes: MODES },
  plan: { modes: MODES },
  'plan-file': { modes: MODES },
  repositories: { modes: ALL_BUT_LOGIN },

  registry: { modes: ['login'] },
  'registry-uri': { modes: ['login'] },
  'registry-alias': { modes: ['login'] },
  'registry-id': { modes: ['login', 'ensure-repo'] },
  'docker-username': { modes: ['login'] },
  'docker-password': { modes: ['login'] },
  'expires-at': { modes: ['login'] },

  created: { modes: ['ensure-repo'] },
  'repository-uri': { modes: ['ensure-repo', 'push-tar'] },
  'repository-arn': { modes: ['ensure-repo'] },
  'gallery-url': { modes: ['ensure-repo', 'sync-catalog'] },
  details: { modes: ['ensure-repo'] },

  'changed-fields': { modes: ['sync-catalog'] },
  truncated: { modes: ['sync-catalog'] },

  digest: { modes: ['push-tar'] },
  'image-uri': { modes: ['push-tar'] },
  'image-uris': { modes: ['push-tar'] },
  platforms: { modes: ['push-tar'] },
  'uploaded-bytes': { modes: ['push-tar'] },
  'reused-bytes': { modes: ['push-tar'] },

  'deleted-tags': { modes: ['cleanup-tags'] },
  'deleted-images': { modes: ['cleanup-tags'] },
  'deleted-count': { modes: ['cleanup-tags'] },
  'kept-count': { modes: ['cleanup-tags'] },
  'failed-count': { modes: ['cleanup-tags'] }
} as const satisfies Record<string, OutputSpec>

export type OutputName = keyof typeof OUTPUT_SPECS
