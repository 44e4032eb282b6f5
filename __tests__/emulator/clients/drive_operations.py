"""Drives every operation of ECR Public with boto3, its errors and paginators too.

Prints one JSON line a call: the operation, the error code if there was one, and what came back. The
endpoint is taken from the first argument, the model from AWS_DATA_PATH.
"""

import base64
import hashlib
import json
import sys

import boto3
import botocore.exceptions

client = boto3.client(
    "ecr-public",
    region_name="us-east-1",
    endpoint_url=sys.argv[1],
    aws_access_key_id="key",
    aws_secret_access_key="secret",
)
operations = {client.meta.method_to_api_mapping[name]: name for name in client.meta.method_to_api_mapping}
model = client.meta.service_model


def check(shape, value, path):
    """Holds what botocore parsed to the model, all the way down."""
    kinds = {
        "string": str,
        "integer": int,
        "long": int,
        "boolean": bool,
        "list": list,
        "structure": dict,
        "blob": bytes,
    }
    if shape.type_name == "timestamp":
        assert value.tzinfo is not None, path
        return
    assert isinstance(value, kinds[shape.type_name]), (path, value)
    if shape.type_name == "list":
        for item in value:
            check(shape.member, item, path + "[]")
    if shape.type_name == "structure":
        for name in shape.required_members:
            assert name in value, (path, name)
        for name, item in value.items():
            check(shape.members[name], item, path + "." + name)


def call(operation, **arguments):
    """One call; an error is printed with the class that botocore made of it."""
    line = {"operation": operation}
    answer = None
    try:
        answer = getattr(client, operations[operation])(**arguments)
        metadata = answer.pop("ResponseMetadata")
        assert metadata["RequestId"], operation
        assert metadata["HTTPStatusCode"] == 200, operation
        check(model.operation_model(operation).output_shape, answer, operation)
    except botocore.exceptions.ClientError as error:
        line["error"] = type(error).__name__
        assert error.response["Error"]["Code"] == line["error"], error
        line["message"] = error.response["Error"]["Message"]
        line["status"] = error.response["ResponseMetadata"]["HTTPStatusCode"]
        line["members"] = {
            name: value
            for name, value in error.response.items()
            if name not in ("Error", "ResponseMetadata", "message")
        }
    print(json.dumps(line))
    return answer


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


name = "team/app"
app = {"repositoryName": name}
absent = {"repositoryName": "team/absent"}
no_upload = "00000000-0000-0000-0000-000000000000"

registry = call("DescribeRegistries", maxResults=10)["registries"][0]
account = registry["registryId"]
arn = "arn:aws:ecr-public::%s:repository/%s" % (account, name)
call("DescribeRegistries", nextToken="nonsense")

logo = base64.b64decode("R0lGODlhPAA8AA==")
catalog = {
    "description": "An app",
    "architectures": ["ARM 64", "x86-64"],
    "operatingSystems": ["Linux"],
    "logoImageBlob": logo,
    "aboutText": "# About",
    "usageText": "# Usage",
}
created = call("CreateRepository", catalogData=catalog, tags=[{"Key": "owner", "Value": "team"}], **app)
assert created["catalogData"]["logoUrl"].startswith("http")
call("CreateRepository", **app)
call("CreateRepository", tags=[{"Key": "aws:a", "Value": ""}], repositoryName="team/tagged")
call("CreateRepository", tags=[{"Key": str(at), "Value": ""} for at in range(51)], repositoryName="team/tagged")
for at in range(5):
    call("CreateRepository", repositoryName="many/%d" % at)
pages = client.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2})
found = [one["repositoryName"] for page in pages for one in page["repositories"]]
assert sorted(found) == [*("many/%d" % at for at in range(5)), name], found
call("DescribeRepositories", repositoryNames=[name], registryId=account)
call("DescribeRepositories", repositoryNames=[name, "team/absent"])
call("DescribeRepositories", registryId="alias")

call("ListTagsForResource", resourceArn=arn)
call("ListTagsForResource", resourceArn=arn + "/absent")
call("TagResource", resourceArn=arn, tags=[{"Key": "stage", "Value": "test"}])
call("TagResource", resourceArn=arn, tags=[{"Key": "aws:a", "Value": ""}])
call("TagResource", resourceArn=arn, tags=[{"Key": str(at), "Value": ""} for at in range(51)])
call("UntagResource", resourceArn=arn, tagKeys=["stage"])
call("UntagResource", resourceArn="nonsense", tagKeys=["stage"])
tags = call("ListTagsForResource", resourceArn=arn)["tags"]
assert tags == [{"Key": "owner", "Value": "team"}], tags

policy = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["ecr-public:PutImage"]}],
}
call("GetRepositoryPolicy", **app)
call("DeleteRepositoryPolicy", **app)
text = call("SetRepositoryPolicy", policyText=json.dumps(policy), force=False, **app)["policyText"]
assert json.loads(text) == policy
call("SetRepositoryPolicy", policyText="{}", **app)
call("GetRepositoryPolicy", **app)
call("DeleteRepositoryPolicy", **app)

call("GetRepositoryCatalogData", **app)
call("GetRepositoryCatalogData", **absent)
call("PutRepositoryCatalogData", catalogData={"usageText": "New"}, **app)
call("PutRepositoryCatalogData", catalogData={"logoImageBlob": b"no image"}, **app)
call("PutRegistryCatalogData", displayName="Team")
call("PutRegistryCatalogData", displayName="a" * 101)
call("GetRegistryCatalogData")

token = call("GetAuthorizationToken")["authorizationData"]
user, password = base64.b64decode(token["authorizationToken"]).decode().split(":")
assert user == "AWS" and password


def upload(data, part_size):
    upload_id = call("InitiateLayerUpload", registryId=account, **app)["uploadId"]
    for first in range(0, len(data), part_size):
        part = data[first : first + part_size]
        call(
            "UploadLayerPart",
            uploadId=upload_id,
            partFirstByte=first,
            partLastByte=first + len(part) - 1,
            layerPartBlob=part,
            **app
        )
    return call("CompleteLayerUpload", uploadId=upload_id, layerDigests=[digest(data)], **app)


call("InitiateLayerUpload", **absent)
call("InitiateLayerUpload", registryId="nobody", **app)
layer = bytes(range(256)) * 4096 * 6
assert upload(layer, 5 * 1024 * 1024)["layerDigest"] == digest(layer)
upload(layer, 5 * 1024 * 1024)
upload(layer, 1024 * 1024)
upload(b"", 1)
config = b'{"architecture":"amd64","os":"linux"}'
upload(config, 1024)
part = {"partFirstByte": 0, "partLastByte": 1, "layerPartBlob": b"ab"}
call("UploadLayerPart", uploadId=no_upload, **part, **app)
call("CompleteLayerUpload", uploadId=no_upload, layerDigests=[digest(b"")], **app)
begun = call("InitiateLayerUpload", **app)["uploadId"]
call("UploadLayerPart", uploadId=begun, **part, **app)
call("UploadLayerPart", uploadId=begun, **part, **app)
call("CompleteLayerUpload", uploadId=begun, layerDigests=[digest(b"")], **app)
call("BatchCheckLayerAvailability", layerDigests=[digest(layer), digest(b""), "nonsense"], **app)
call("BatchCheckLayerAvailability", layerDigests=[digest(layer)], **absent)

types = "application/vnd.oci.image."


def describe(kind, data):
    return {"mediaType": types + kind, "digest": digest(data), "size": len(data)}


def manifest(**members):
    return json.dumps({"schemaVersion": 2, **members})


image = manifest(
    mediaType=types + "manifest.v1+json",
    config=describe("config.v1+json", config),
    layers=[describe("layer.v1.tar", layer)],
)
index = manifest(
    mediaType=types + "index.v1+json", manifests=[describe("manifest.v1+json", image.encode())]
)
call("PutImage", imageManifest=index, **app)
for tag in ("v1", "v2", "latest"):
    call("PutImage", imageManifest=image, imageTag=tag, imageDigest=digest(image.encode()), **app)
call("PutImage", imageManifest=image, imageTag="v1", **app)
call("PutImage", imageManifest=image, imageTag="v3", imageDigest=digest(b""), **app)
call("PutImage", imageManifest=image.replace(digest(layer), digest(b"absent")), **app)
call("PutImage", imageManifest=index, imageManifestMediaType=types + "index.v1+json", imageTag="all", **app)
call("PutImage", imageManifest="{", **app)

call("DescribeImages", imageIds=[{"imageTag": "v1"}], **app)
call("DescribeImages", imageIds=[{"imageTag": "absent"}], **app)
call("DescribeImageTags", **absent)
for paginator, key in (("describe_images", "imageDetails"), ("describe_image_tags", "imageTagDetails")):
    pages = client.get_paginator(paginator).paginate(PaginationConfig={"PageSize": 1}, **app)
    count = sum(len(page[key]) for page in pages)
    assert count == {"imageDetails": 2, "imageTagDetails": 4}[key], (paginator, count)
call("DescribeImageTags", maxResults=1000, **app)
for page in client.get_paginator("describe_registries").paginate():
    assert len(page["registries"]) == 1

deleted = call(
    "BatchDeleteImage",
    imageIds=[{"imageTag": "v1"}, {"imageDigest": digest(image.encode())}, {"imageTag": "absent"}, {}],
    **app
)
codes = sorted(failure["failureCode"] for failure in deleted["failures"])
assert codes == ["ImageNotFound", "ImageReferencedByManifestList", "MissingDigestAndTag"], codes
assert deleted["imageIds"] == [{"imageDigest": digest(image.encode()), "imageTag": "v1"}], deleted
call("BatchDeleteImage", imageIds=[{"imageTag": "v1"}], **absent)
call("DeleteRepository", **app)
call("DeleteRepository", force=True, registryId=account, **app)
call("DeleteRepository", **app)
