/**
 * The operations of the API model and the errors that each one declares, without the common suffix
 * `Exception`. The input and output of `X` are `XRequest` and `XResponse`.
 */
export const OPERATIONS = {
  BatchCheckLayerAvailability: [
    'RepositoryNotFound',
    'InvalidParameter',
    'Server',
    'RegistryNotFound',
    'UnsupportedCommand'
  ],
  BatchDeleteImage: ['Server', 'InvalidParameter', 'RepositoryNotFound', 'UnsupportedCommand'],
  CompleteLayerUpload: [
    'Server',
    'InvalidParameter',
    'RepositoryNotFound',
    'UploadNotFound',
    'InvalidLayer',
    'LayerPartTooSmall',
    'LayerAlreadyExists',
    'EmptyUpload',
    'RegistryNotFound',
    'UnsupportedCommand'
  ],
  CreateRepository: [
    'Server',
    'InvalidParameter',
    'InvalidTagParameter',
    'TooManyTags',
    'RepositoryAlreadyExists',
    'LimitExceeded',
    'UnsupportedCommand'
  ],
  DeleteRepository: [
    'Server',
    'InvalidParameter',
    'RepositoryNotFound',
    'RepositoryNotEmpty',
    'UnsupportedCommand'
  ],
  DeleteRepositoryPolicy: [
    'Server',
    'InvalidParameter',
    'RepositoryNotFound',
    'RepositoryPolicyNotFound',
    'UnsupportedCommand'
  ],
  DescribeImageTags: ['Server', 'InvalidParameter', 'RepositoryNotFound', 'UnsupportedCommand'],
  DescribeImages: [
    'Server',
    'InvalidParameter',
    'RepositoryNotFound',
    'ImageNotFound',
    'UnsupportedCommand'
  ],
  DescribeRegistries: ['InvalidParameter', 'UnsupportedCommand', 'Server'],
  DescribeRepositories: ['Server', 'InvalidParameter', 'RepositoryNotFound', 'UnsupportedCommand'],
  GetAuthorizationToken: ['Server', 'InvalidParameter', 'UnsupportedCommand'],
  GetRegistryCatalogData: ['Server', 'UnsupportedCommand'],
  GetRepositoryCatalogData: [
    'Server',
    'InvalidParameter',
    'RepositoryCatalogDataNotFound',
    'RepositoryNotFound',
    'UnsupportedCommand'
  ],
  GetRepositoryPolicy: [
    'Server',
    'InvalidParameter',
    'RepositoryNotFound',
    'RepositoryPolicyNotFound',
    'UnsupportedCommand'
  ],
  InitiateLayerUpload: [
    'Server',
    'InvalidParameter',
    'RepositoryNotFound',
    'RegistryNotFound',
    'UnsupportedCommand'
  ],
  ListTagsForResource: ['InvalidParameter', 'RepositoryNotFound', 'UnsupportedCommand', 'Server'],
  PutImage: [
    'Server',
    'InvalidParameter',
    'RepositoryNotFound',
    'ImageAlreadyExists',
    'LayersNotFound',
    'ReferencedImagesNotFound',
    'LimitExceeded',
    'ImageTagAlreadyExists',
    'ImageDigestDoesNotMatch',
    'RegistryNotFound',
    'UnsupportedCommand'
  ],
  PutRegistryCatalogData: ['Server', 'InvalidParameter', 'UnsupportedCommand'],
  PutRepositoryCatalogData: [
    'Server',
    'InvalidParameter',
    'RepositoryNotFound',
    'UnsupportedCommand'
  ],
  SetRepositoryPolicy: ['Server', 'InvalidParameter', 'RepositoryNotFound', 'UnsupportedCommand'],
  TagResource: [
    'InvalidParameter',
    'InvalidTagParameter',
    'TooManyTags',
    'RepositoryNotFound',
    'UnsupportedCommand',
    'Server'
  ],
  UntagResource: [
    'InvalidParameter',
    'InvalidTagParameter',
    'TooManyTags',
    'RepositoryNotFound',
    'UnsupportedCommand',
    'Server'
  ],
  UploadLayerPart: [
    'Server',
    'InvalidParameter',
    'InvalidLayerPart',
    'RepositoryNotFound',
    'UploadNotFound',
    'LimitExceeded',
    'RegistryNotFound',
    'UnsupportedCommand'
  ]
} as const

export type OperationName = keyof typeof OPERATIONS

export const OPERATION_NAMES = Object.keys(OPERATIONS) as OperationName[]

export function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name)
}
