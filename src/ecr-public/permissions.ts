import type { Mode } from '../runner/inputs/input-specs.js'

/** IAM actions that a mode needs only for some of its inputs. */
export interface OptionalPermissions {
  readonly actions: readonly string[]
  /** What the actions are for, as the end of a sentence that begins with "for". */
  readonly purpose: string
}

/** The IAM actions of one mode. */
export interface ModePermissions {
  /** Without these nothing of the mode works. */
  readonly actions: readonly string[]
  readonly optional: readonly OptionalPermissions[]
}

/** The section of the README that shows a policy for each mode. */
export const PERMISSIONS_SECTION = 'Permissions'

/** What a token for the registry itself takes; ECR Public's tokens are service bearer tokens of STS. */
const TOKEN_ACTIONS = ['ecr-public:GetAuthorizationToken', 'sts:GetServiceBearerToken'] as const

const ALIAS_LOOKUP: OptionalPermissions = {
  actions: ['ecr-public:DescribeRegistries'],
  purpose: 'repositories given as alias/name or as a whole URI'
}

/**
 * The IAM actions of every mode: what the README's policies are made of and what an AccessDenied is
 * explained with. Tests run each mode against an emulator that denies everything else.
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
    optional: [{ actions: TOKEN_ACTIONS, purpose: 'reuse-layers' }, ALIAS_LOOKUP]
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

/** Actions that are about no repository, but about the registry or the account: their resource is `*`. */
const ACTIONS_ON_EVERYTHING: ReadonlySet<string> = new Set([
  ...TOKEN_ACTIONS,
  'ecr-public:DescribeRegistries',
  'ecr-public:GetRegistryCatalogData',
  'ecr-public:PutRegistryCatalogData'
])

/** All IAM actions that a mode can need, those for some inputs only too; each once. */
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
 * IAM statements that allow these actions: on the repositories of the resource where the action can be
 * narrowed to them, else on `*`.
 *
 * @param repositories the ARN of the repositories, which has no region
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
