import type { OperationName } from '../model/operations.js'
import type { Input, Output } from '../model/types.js'
import { batchCheckLayerAvailability } from './batch-check-layer-availability.js'
import { batchDeleteImage } from './batch-delete-image.js'
import { completeLayerUpload } from './complete-layer-upload.js'
import { createRepository } from './create-repository.js'
import { deleteRepository } from './delete-repository.js'
import { deleteRepositoryPolicy } from './delete-repository-policy.js'
import { describeImageTags } from './describe-image-tags.js'
import { describeImages } from './describe-images.js'
import { describeRegistries } from './describe-registries.js'
import { describeRepositories } from './describe-repositories.js'
import { getAuthorizationToken } from './get-authorization-token.js'
import { getRegistryCatalogData } from './get-registry-catalog-data.js'
import { getRepositoryCatalogData } from './get-repository-catalog-data.js'
import { getRepositoryPolicy } from './get-repository-policy.js'
import { initiateLayerUpload } from './initiate-layer-upload.js'
import { listTagsForResource } from './list-tags-for-resource.js'
import { putImage } from './put-image.js'
import { putRegistryCatalogData } from './put-registry-catalog-data.js'
import { putRepositoryCatalogData } from './put-repository-catalog-data.js'
import { setRepositoryPolicy } from './set-repository-policy.js'
import { tagResource } from './tag-resource.js'
import { untagResource } from './untag-resource.js'
import { uploadLayerPart } from './upload-layer-part.js'
import type { Operation, OperationCall } from './operation.js'

const PERFORM: { readonly [N in OperationName]: Operation<N> } = {
  BatchCheckLayerAvailability: batchCheckLayerAvailability,
  BatchDeleteImage: batchDeleteImage,
  CompleteLayerUpload: completeLayerUpload,
  CreateRepository: createRepository,
  DeleteRepository: deleteRepository,
  DeleteRepositoryPolicy: deleteRepositoryPolicy,
  DescribeImageTags: describeImageTags,
  DescribeImages: describeImages,
  DescribeRegistries: describeRegistries,
  DescribeRepositories: describeRepositories,
  GetAuthorizationToken: getAuthorizationToken,
  GetRegistryCatalogData: getRegistryCatalogData,
  GetRepositoryCatalogData: getRepositoryCatalogData,
  GetRepositoryPolicy: getRepositoryPolicy,
  InitiateLayerUpload: initiateLayerUpload,
  ListTagsForResource: listTagsForResource,
  PutImage: putImage,
  PutRegistryCatalogData: putRegistryCatalogData,
  PutRepositoryCatalogData: putRepositoryCatalogData,
  SetRepositoryPolicy: setRepositoryPolicy,
  TagResource: tagResource,
  UntagResource: untagResource,
  UploadLayerPart: uploadLayerPart
}

/**
 * Performs an operation.
 *
 * @param input an input that has been validated against the model
 * @throws ApiError as the service would return it
 */
export async function performOperation<N extends OperationName>(
  name: N,
  input: unknown,
  call: OperationCall
): Promise<Output<N>> {
  return PERFORM[name](input as Input<N>, call)
}
