/** The structures of the API model that are not an input, output or error. */
export const STRUCTURES = {
  AuthorizationData: {
    type: 'structure',
    members: { authorizationToken: 'Base64', expiresAt: 'ExpirationTimestamp' },
    required: []
  },
  Image: {
    type: 'structure',
    members: {
      registryId: 'RegistryIdOrAlias',
      repositoryName: 'RepositoryName',
      imageId: 'ImageIdentifier',
      imageManifest: 'ImageManifest',
      imageManifestMediaType: 'MediaType'
    },
    required: []
  },
  ImageDetail: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      imageDigest: 'ImageDigest',
      imageTags: 'ImageTagList',
      imageSizeInBytes: 'ImageSizeInBytes',
      imagePushedAt: 'PushTimestamp',
      imageManifestMediaType: 'MediaType',
      artifactMediaType: 'MediaType'
    },
    required: []
  },
  ImageFailure: {
    type: 'structure',
    members: {
      imageId: 'ImageIdentifier',
      failureCode: 'ImageFailureCode',
      failureReason: 'ImageFailureReason'
    },
    required: []
  },
  ImageIdentifier: {
    type: 'structure',
    members: { imageDigest: 'ImageDigest', imageTag: 'ImageTag' },
    required: []
  },
  ImageTagDetail: {
    type: 'structure',
    members: {
      imageTag: 'ImageTag',
      createdAt: 'CreationTimestamp',
      imageDetail: 'ReferencedImageDetail'
    },
    required: []
  },
  Layer: {
    type: 'structure',
    members: {
      layerDigest: 'LayerDigest',
      layerAvailability: 'LayerAvailability',
      layerSize: 'LayerSizeInBytes',
      mediaType: 'MediaType'
    },
    required: []
  },
  LayerFailure: {
    type: 'structure',
    members: {
      layerDigest: 'BatchedOperationLayerDigest',
      failureCode: 'LayerFailureCode',
      failureReason: 'LayerFailureReason'
    },
    required: []
  },
  ReferencedImageDetail: {
    type: 'structure',
    members: {
      imageDigest: 'ImageDigest',
      imageSizeInBytes: 'ImageSizeInBytes',
      imagePushedAt: 'PushTimestamp',
      imageManifestMediaType: 'MediaType',
      artifactMediaType: 'MediaType'
    },
    required: []
  },
  Registry: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      registryArn: 'Arn',
      registryUri: 'Url',
      verified: 'RegistryVerified',
      aliases: 'RegistryAliasList'
    },
    required: ['registryId', 'registryArn', 'registryUri', 'verified', 'aliases']
  },
  RegistryAlias: {
    type: 'structure',
    members: {
      name: 'RegistryAliasName',
      status: 'RegistryAliasStatus',
      primaryRegistryAlias: 'PrimaryRegistryAliasFlag',
      defaultRegistryAlias: 'DefaultRegistryAliasFlag'
    },
    required: ['name', 'status', 'primaryRegistryAlias', 'defaultRegistryAlias']
  },
  RegistryCatalogData: {
    type: 'structure',
    members: { displayName: 'RegistryDisplayName' },
    required: []
  },
  Repository: {
    type: 'structure',
    members: {
      repositoryArn: 'Arn',
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      repositoryUri: 'Url',
      createdAt: 'CreationTimestamp'
    },
    required: []
  },
  RepositoryCatalogData: {
    type: 'structure',
    members: {
      description: 'RepositoryDescription',
      architectures: 'ArchitectureList',
      operatingSystems: 'OperatingSystemList',
      logoUrl: 'ResourceUrl',
      aboutText: 'AboutText',
      usageText: 'UsageText',
      marketplaceCertified: 'MarketplaceCertified'
    },
    required: []
  },
  RepositoryCatalogDataInput: {
    type: 'structure',
    members: {
      description: 'RepositoryDescription',
      architectures: 'ArchitectureList',
      operatingSystems: 'OperatingSystemList',
      logoImageBlob: 'LogoImageBlob',
      aboutText: 'AboutText',
      usageText: 'UsageText'
    },
    required: []
  },
  Tag: { type: 'structure', members: { Key: 'TagKey', Value: 'TagValue' }, required: [] }
} as const
