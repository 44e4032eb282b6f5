/** The outputs of the operations in the API model. */
export const OUTPUTS = {
  BatchCheckLayerAvailabilityResponse: {
    type: 'structure',
    members: { layers: 'LayerList', failures: 'LayerFailureList' },
    required: []
  },
  BatchDeleteImageResponse: {
    type: 'structure',
    members: { imageIds: 'ImageIdentifierList', failures: 'ImageFailureList' },
    required: []
  },
  CompleteLayerUploadResponse: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      uploadId: 'UploadId',
      layerDigest: 'LayerDigest'
    },
    required: []
  },
  CreateRepositoryResponse: {
    type: 'structure',
    members: { repository: 'Repository', catalogData: 'RepositoryCatalogData' },
    required: []
  },
  DeleteRepositoryPolicyResponse: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      policyText: 'RepositoryPolicyText'
    },
    required: []
  },
  DeleteRepositoryResponse: {
    type: 'structure',
    members: { repository: 'Repository' },
    required: []
  },
  DescribeImageTagsResponse: {
    type: 'structure',
    members: { imageTagDetails: 'ImageTagDetailList', nextToken: 'NextToken' },
    required: []
  },
  DescribeImagesResponse: {
    type: 'structure',
    members: { imageDetails: 'ImageDetailList', nextToken: 'NextToken' },
    required: []
  },
  DescribeRegistriesResponse: {
    type: 'structure',
    members: { registries: 'RegistryList', nextToken: 'NextToken' },
    required: ['registries']
  },
  DescribeRepositoriesResponse: {
    type: 'structure',
    members: { repositories: 'RepositoryList', nextToken: 'NextToken' },
    required: []
  },
  GetAuthorizationTokenResponse: {
    type: 'structure',
    members: { authorizationData: 'AuthorizationData' },
    required: []
  },
  GetRegistryCatalogDataResponse: {
    type: 'structure',
    members: { registryCatalogData: 'RegistryCatalogData' },
    required: ['registryCatalogData']
  },
  GetRepositoryCatalogDataResponse: {
    type: 'structure',
    members: { catalogData: 'RepositoryCatalogData' },
    required: []
  },
  GetRepositoryPolicyResponse: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      policyText: 'RepositoryPolicyText'
    },
    required: []
  },
  InitiateLayerUploadResponse: {
    type: 'structure',
    members: { uploadId: 'UploadId', partSize: 'PartSize' },
    required: []
  },
  ListTagsForResourceResponse: { type: 'structure', members: { tags: 'TagList' }, required: [] },
  PutImageResponse: { type: 'structure', members: { image: 'Image' }, required: [] },
  PutRegistryCatalogDataResponse: {
    type: 'structure',
    members: { registryCatalogData: 'RegistryCatalogData' },
    required: ['registryCatalogData']
  },
  PutRepositoryCatalogDataResponse: {
    type: 'structure',
    members: { catalogData: 'RepositoryCatalogData' },
    required: []
  },
  SetRepositoryPolicyResponse: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      policyText: 'RepositoryPolicyText'
    },
    required: []
  },
  TagResourceResponse: { type: 'structure', members: {}, required: [] },
  UntagResourceResponse: { type: 'structure', members: {}, required: [] },
  UploadLayerPartResponse: {
    type: 'structure',
    members: {
      registryId: 'RegistryId',
      repositoryName: 'RepositoryName',
      uploadId: 'UploadId',
      lastByteReceived: 'PartSize'
    },
    required: []
  }
} as const
