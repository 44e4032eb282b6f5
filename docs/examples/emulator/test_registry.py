import json
import subprocess
import urllib.request

import boto3
import pytest

SEED = {"repositories": [{"name": "team/app", "images": [{"tags": ["v1.0.0", "latest"]}]}]}


@pytest.fixture(scope="session")
def emulator():
    """Starts the emulator and returns the variables that it prints."""
    command = ["node_modules/.bin/ecr-public-emulator", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    variables = {}
    while "AWS_SECRET_ACCESS_KEY" not in variables:
        name, value = process.stdout.readline().strip().removeprefix("export ").split("=", 1)
        variables[name] = value
    yield variables
    process.terminate()
    process.wait()


@pytest.fixture
def control(emulator):
    """Sends a control request. Every test starts with the contents of SEED."""

    def send(path, body):
        url = f"{emulator['AWS_ENDPOINT_URL_ECR_PUBLIC']}/_emulator/{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    send("reset", SEED)
    return send


@pytest.fixture
def client(emulator, control):
    return boto3.client(
        "ecr-public",
        endpoint_url=emulator["AWS_ENDPOINT_URL_ECR_PUBLIC"],
        region_name=emulator["AWS_REGION"],
        aws_access_key_id=emulator["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=emulator["AWS_SECRET_ACCESS_KEY"],
    )


def list_tags(client):
    details = client.describe_image_tags(repositoryName="team/app")["imageTagDetails"]
    return sorted(detail["imageTag"] for detail in details)


def test_deletes_a_tag(client):
    client.batch_delete_image(repositoryName="team/app", imageIds=[{"imageTag": "latest"}])
    assert list_tags(client) == ["v1.0.0"]


def test_starts_with_the_same_images_in_every_test(client):
    assert list_tags(client) == ["latest", "v1.0.0"]


def test_repeats_a_request_after_a_server_error(client, control):
    control("faults", {"operation": "DescribeImageTags", "fault": "server-error", "count": 1})
    assert list_tags(client) == ["latest", "v1.0.0"]
