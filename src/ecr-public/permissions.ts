import type { Mode } from '../runner/inputs/input-specs.js'

/** IAM actions that a mode requires only for some of its inputs. */
export interface OptionalPermissions {
  readonly actions: readonly string[]
  /** The purpose of the actions, as the end of a sentence that begins with "for". */
  readonly purpose: string
}

/** The IAM actions of one mode. */
export interface ModePermissions {
  /** The actions that the mode always requires. */
  readonly actions: readonly string[]
  readonly optional: readonly OptionalPermissions[]
}

/** The page that describes permissions and roles. */
export const PERMISSIONS_PAGE =
  'https://github.com/OWNER/ecr-public-action/blob/main/docs/permissions.md'

/** The README section with one policy per mode. */
export const PERMISSIONS_SECTION = 'Permissions'

/** The actions for an authorization token of the registry, which is an STS service bearer token. */
const TOKEN_ACTIONS = ['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'] as const

const ALIAS_LOOKUP: OptionalPermissions = {
  actions: ['ecr-public:DescribeRegistries'],
  purpose: 'repositories in the form alias/name or as a URI'
}

/**
 * The IAM actions of every mode, for the policies in the README and for errors. Tests run each mode against an
 * emulator that denies all other actions.
 *
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistrypublic.html
 */
export const PERMISSIONS: Readonly<Record<Mode, ModePermissions>> = {
  login: {
    actions: TOKEN_ACTIONS,
    optional: [
      {
        actions: ['ecr-public:DescribeRegistries'],
        purpose: 'the outputs registry-uri, registry-alias and registry-id'
      }
    ]
  },
  'ensure-repo': {
    actions: ['ecr-public:DescribeRepositories', 'ecr-public:CreateRepository'],
    optional: [
      {
        actions: [
          'ecr-public:ListTagsForResource',
          'ecr-public:TagResource',
          'ecr-public:UntagResource'
        ],
        purpose: 'resource-tags and prune-resource-tags'
      },
      {
        actions: [
          'ecr-public:GetRepositoryPolicy',
          'ecr-public:SetRepositoryPolicy',
          'ecr-public:DeleteRepositoryPolicy'
        ],
        purpose: 'policy'
      },
      {
        actions: ['ecr-public:DescribeImages', 'ecr-public:DeleteRepository'],
        purpose: 'state: absent'
      },
      ALIAS_LOOKUP
    ]
  },
  'sync-catalog': {
    actions: [
      'ecr-public:DescribeRepositories',
      'ecr-public:GetRepositoryCatalogData',
      'ecr-public:PutRepositoryCatalogData'
    ],
    optional: [
      {
        actions: ['ecr-public:GetRegistryCatalogData', 'ecr-public:PutRegistryCatalogData'],
        purpose: 'display-name'
      },
      {
        actions: ['ecr-public:DescribeImages', ...TOKEN_ACTIONS],
        purpose: 'architectures or operating-systems: auto'
      },
      ALIAS_LOOKUP
    ]
  },
  'push-tar': {
    actions: [
      'ecr-public:DescribeRepositories',
      'ecr-public:DescribeImages',
      'ecr-public:BatchCheckLayerAvailability',
      'ecr-public:InitiateLayerUpload',
      'ecr-public:UploadLayerPart',
      'ecr-public:CompleteLayerUpload',
      'ecr-public:PutImage'
    ],
    optional: [
      {
        actions: TOKEN_ACTIONS,
        purpose: 'reuse-layers, from, wait and the warning about lost platforms'
      },
      ALIAS_LOOKUP
    ]
  },
  'cleanup-tags': {
    actions: [
      'ecr-public:DescribeRepositories',
      'ecr-public:DescribeImages',
      'ecr-public:DescribeImageTags',
      'ecr-public:BatchDeleteImage',
      ...TOKEN_ACTIONS
    ],
    optional: [ALIAS_LOOKUP]
  }
}

/** Actions on the registry or the account. Their resource is `*`. */
const ACTIONS_ON_EVERYTHING: ReadonlySet<string> = new Set([
  ...TOKEN_ACTIONS,
  'ecr-public:DescribeRegistries',
  'ecr-public:GetRegistryCatalogData',
  'ecr-public:PutRegistryCatalogData'
])

/** Returns all IAM actions that a mode can require, each once. */
export function allActions(mode: Mode): string[] {
  const { actions, optional } = PERMISSIONS[mode]
  return [...new Set([...actions, ...optional.flatMap((permissions) => permissions.actions)])]
}

/** One statement of an IAM policy. */
export interface PolicyStatement {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: string
}

/**
 * Returns IAM statements that allow the actions, on `repositories` if the action supports it, otherwise on `*`.
 *
 * @param repositories the ARN of the repositories, which does not contain a region
 */
export function allowStatements(
  actions: readonly string[],
  repositories = 'arn:aws:ecr-public::ACCOUNT-ID:repository/*'
): PolicyStatement[] {
  const onEverything = actions.filter((action) => ACTIONS_ON_EVERYTHING.has(action))
  const onRepositories = actions.filter((action) => !ACTIONS_ON_EVERYTHING.has(action))
  const statements: PolicyStatement[] = []
  if (onEverything.length > 0) {
    statements.push({ Effect: 'Allow', Action: onEverything, Resource: '*' })
  }
  if (onRepositories.length > 0) {
    statements.push({ Effect: 'Allow', Action: onRepositories, Resource: repositories })
  }
  return statements
}
