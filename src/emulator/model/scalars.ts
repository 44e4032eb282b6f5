/**
 * The scalar and list shapes of the API model (aws/api-models-aws, ecr-public 2020-10-30) with
 * their constraints. A test compares the tables with a copy of the model.
 */
export const SCALARS = {
  AboutText: { type: 'string', max: 25600 },
  Architecture: { type: 'string', min: 1, max: 50 },
  ArchitectureList: { type: 'list', member: 'Architecture', max: 50 },
  Arn: { type: 'string', min: 1, max: 2048 },
  Base64: { type: 'string', pattern: '^\\S+$' },
  BatchedOperationLayerDigest: { type: 'string', min: 0, max: 1000 },
  BatchedOperationLayerDigestList: {
    type: 'list',
    member: 'BatchedOperationLayerDigest',
    min: 1,
    max: 100
  },
  CreationTimestamp: { type: 'timestamp' },
  DefaultRegistryAliasFlag: { type: 'boolean' },
  ExceptionMessage: { type: 'string' },
  ExpirationTimestamp: { type: 'timestamp' },
  ForceFlag: { type: 'boolean' },
  ImageDetailList: { type: 'list', member: 'ImageDetail' },
  ImageDigest: { type: 'string' },
  ImageFailureCode: {
    type: 'string',
    values: [
      'InvalidImageDigest',
      'InvalidImageTag',
      'ImageTagDoesNotMatchDigest',
      'ImageNotFound',
      'MissingDigestAndTag',
      'ImageReferencedByManifestList',
      'KmsError'
    ]
  },
  ImageFailureList: { type: 'list', member: 'ImageFailure' },
  ImageFailureReason: { type: 'string' },
  ImageIdentifierList: { type: 'list', member: 'ImageIdentifier', min: 1, max: 100 },
  ImageManifest: { type: 'string', min: 1, max: 4194304 },
  ImageSizeInBytes: { type: 'long' },
  ImageTag: { type: 'string', min: 1, max: 300 },
  ImageTagDetailList: { type: 'list', member: 'ImageTagDetail' },
  ImageTagList: { type: 'list', member: 'ImageTag' },
  LayerAvailability: { type: 'string', values: ['AVAILABLE', 'UNAVAILABLE'] },
  LayerDigest: { type: 'string', pattern: '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+' },
  LayerDigestList: { type: 'list', member: 'LayerDigest', min: 1, max: 100 },
  LayerFailureCode: { type: 'string', values: ['InvalidLayerDigest', 'MissingLayerDigest'] },
  LayerFailureList: { type: 'list', member: 'LayerFailure' },
  LayerFailureReason: { type: 'string' },
  LayerList: { type: 'list', member: 'Layer' },
  LayerPartBlob: { type: 'blob', min: 0, max: 20971520 },
  LayerSizeInBytes: { type: 'long' },
  LogoImageBlob: { type: 'blob', min: 0, max: 512000 },
  MarketplaceCertified: { type: 'boolean' },
  MaxResults: { type: 'integer', min: 1, max: 1000 },
  MediaType: { type: 'string' },
  NextToken: { type: 'string' },
  OperatingSystem: { type: 'string', min: 1, max: 50 },
  OperatingSystemList: { type: 'list', member: 'OperatingSystem', max: 50 },
  PartSize: { type: 'long', min: 0 },
  PrimaryRegistryAliasFlag: { type: 'boolean' },
  PushTimestamp: { type: 'timestamp' },
  RegistryAliasList: { type: 'list', member: 'RegistryAlias' },
  RegistryAliasName: {
    type: 'string',
    min: 2,
    max: 50,
    pattern: '[a-z][a-z0-9]+(?:[._-][a-z0-9]+)*'
  },
  RegistryAliasStatus: { type: 'string', values: ['ACTIVE', 'PENDING', 'REJECTED'] },
  RegistryDisplayName: { type: 'string', min: 0, max: 100 },
  RegistryId: { type: 'string', pattern: '[0-9]{12}' },
  RegistryIdOrAlias: { type: 'string', min: 2, max: 50 },
  RegistryList: { type: 'list', member: 'Registry' },
  RegistryVerified: { type: 'boolean' },
  RepositoryDescription: { type: 'string', max: 1024 },
  RepositoryList: { type: 'list', member: 'Repository' },
  RepositoryName: {
    type: 'string',
    min: 2,
    max: 205,
    pattern: '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'
  },
  RepositoryNameList: { type: 'list', member: 'RepositoryName', min: 1, max: 100 },
  RepositoryPolicyText: { type: 'string', min: 0, max: 10240 },
  ResourceUrl: { type: 'string', max: 2048 },
  TagKey: { type: 'string', min: 1, max: 128 },
  TagKeyList: { type: 'list', member: 'TagKey', min: 0, max: 200 },
  TagList: { type: 'list', member: 'Tag', min: 0, max: 200 },
  TagValue: { type: 'string', min: 0, max: 256 },
  UploadId: {
    type: 'string',
    pattern: '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}'
  },
  Url: { type: 'string' },
  UsageText: { type: 'string', max: 25600 }
} as const
