/** The inputs of the operations in the API model. */
export const INPUTS = {
  BatchCheckLayerAvailabilityRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryIdOrAlias',
      repositoryName: 'RepositoryName',
      layerDigests: 'BatchedOperationLayerDigestList'
    },
    required: ['repositoryName', 'layerDigests']
  },
  BatchDeleteImageRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryIdOrAlias',
      repositoryName: 'RepositoryName',
      imageIds: 'ImageIdentifierList'
    },
    required: ['repositoryName', 'imageIds']
  },
  CompleteLayerUploadRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryIdOrAlias',
      repositoryName: 'RepositoryName',
      uploadId: 'UploadId',
      layerDigests: 'LayerDigestList'
    },
    required: ['repositoryName', 'uploadId', 'layerDigests']
  },
  CreateRepositoryRequest: {
    type: 'structure',
    members: {
      repositoryName: 'RepositoryName',
      catalogData: 'RepositoryCatalogDataInput',
      tags: 'TagList'
    },
    required: ['repositoryName']
  },
  DeleteRepositoryPolicyRequest: {
    type: 'structure',
    members: { registryId: 'RegistryId', repositoryName: 'RepositoryName' },
    required: ['repositoryName']
  },
  DeleteRepositoryRequest: {
    type: 'structure',
    members: { registryId: 'RegistryId', repositoryName: 'RepositoryName', force: 'ForceFlag' },
    required: ['repositoryName']
  },
  DescribeImageTagsRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      nextToken: 'NextToken',
      maxResults: 'MaxResults'
    },
    required: ['repositoryName']
  },
  DescribeImagesRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      imageIds: 'ImageIdentifierList',
      nextToken: 'NextToken',
      maxResults: 'MaxResults'
    },
    required: ['repositoryName']
  },
  DescribeRegistriesRequest: {
    type: 'structure',
    members: { nextToken: 'NextToken', maxResults: 'MaxResults' },
    required: []
  },
  DescribeRepositoriesRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryNames: 'RepositoryNameList',
      nextToken: 'NextToken',
      maxResults: 'MaxResults'
    },
    required: []
  },
  GetAuthorizationTokenRequest: { type: 'structure', members: {}, required: [] },
  GetRegistryCatalogDataRequest: { type: 'structure', members: {}, required: [] },
  GetRepositoryCatalogDataRequest: {
    type: 'structure',
    members: { registryId: 'RegistryId', repositoryName: 'RepositoryName' },
    required: ['repositoryName']
  },
  GetRepositoryPolicyRequest: {
    type: 'structure',
    members: { registryId: 'RegistryId', repositoryName: 'RepositoryName' },
    required: ['repositoryName']
  },
  InitiateLayerUploadRequest: {
    type: 'structure',
    members: { registryId: 'RegistryIdOrAlias', repositoryName: 'RepositoryName' },
    required: ['repositoryName']
  },
  ListTagsForResourceRequest: {
    type: 'structure',
    members: { resourceArn: 'Arn' },
    required: ['resourceArn']
  },
  PutImageRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryIdOrAlias',
      repositoryName: 'RepositoryName',
      imageManifest: 'ImageManifest',
      imageManifestMediaType: 'MediaType',
      imageTag: 'ImageTag',
      imageDigest: 'ImageDigest'
    },
    required: ['repositoryName', 'imageManifest']
  },
  PutRegistryCatalogDataRequest: {
    type: 'structure',
    members: { displayName: 'RegistryDisplayName' },
    required: []
  },
  PutRepositoryCatalogDataRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      catalogData: 'RepositoryCatalogDataInput'
    },
    required: ['repositoryName', 'catalogData']
  },
  SetRepositoryPolicyRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      policyText: 'RepositoryPolicyText',
      force: 'ForceFlag'
    },
    required: ['repositoryName', 'policyText']
  },
  TagResourceRequest: {
    type: 'structure',
    members: { resourceArn: 'Arn', tags: 'TagList' },
    required: ['resourceArn', 'tags']
  },
  UntagResourceRequest: {
    type: 'structure',
    members: { resourceArn: 'Arn', tagKeys: 'TagKeyList' },
    required: ['resourceArn', 'tagKeys']
  },
  UploadLayerPartRequest: {
    type: 'structure',
    members: {
      registryId: 'RegistryIdOrAlias',
      repositoryName: 'RepositoryName',
      uploadId: 'UploadId',
      partFirstByte: 'PartSize',
      partLastByte: 'PartSize',
      layerPartBlob: 'LayerPartBlob'
    },
    required: ['repositoryName', 'uploadId', 'partFirstByte', 'partLastByte', 'layerPartBlob']
  }
} as const
