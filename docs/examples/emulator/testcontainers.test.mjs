import { afterAll, beforeAll, expect, test } from 'vitest'
import { DescribeImageTagsCommand, ECRPUBLICClient } from '@aws-sdk/client-ecr-public'
import { GenericContainer, Wait } from 'testcontainers'

const seed = { repositories: [{ name: 'team/app', images: [{ tags: ['v1.0.0', 'latest'] }] }] }
let container, client

beforeAll(async () => {
  container = await new GenericContainer('ghcr.io/owner/ecr-public-action/emulator:latest')
    .withCopyContentToContainer([{ content: JSON.stringify(seed), target: '/tmp/seed.json' }])
    .withCommand(['--seed', '/tmp/seed.json'])
    .withExposedPorts(5111)
    .withWaitStrategy(Wait.forHealthCheck())
    .start()
  client = new ECRPUBLICClient({
    endpoint: `http://${container.getHost()}:${container.getMappedPort(5111)}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' }
  })
}, 60_000)

afterAll(async () => {
  client?.destroy()
  await container?.stop()
})

test('lists the tags of the seed', async () => {
  const { imageTagDetails } = await client.send(
    new DescribeImageTagsCommand({ repositoryName: 'team/app' })
  )
  expect(imageTagDetails.map(({ imageTag }) => imageTag).sort()).toEqual(['latest', 'v1.0.0'])
})
