import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import {
  BatchDeleteImageCommand,
  DescribeImageTagsCommand,
  ECRPUBLICClient
} from '@aws-sdk/client-ecr-public'
import { createEmulator } from 'ecr-public-action/emulator'

const seed = { repositories: [{ name: 'team/app', images: [{ tags: ['v1.0.0', 'latest'] }] }] }
const app = { repositoryName: 'team/app' }
let emulator, client, initial

beforeAll(async () => {
  emulator = await createEmulator({ seed })
  Object.assign(process.env, emulator.env)
  client = new ECRPUBLICClient()
  initial = await emulator.snapshot()
})

beforeEach(async () => {
  await emulator.restore(initial)
  emulator.faults.clear()
  emulator.requests.clear()
})

afterAll(async () => {
  client.destroy()
  await emulator.close()
})

async function listTags() {
  const { imageTagDetails } = await client.send(new DescribeImageTagsCommand(app))
  return imageTagDetails.map(({ imageTag }) => imageTag).sort()
}

test('deletes a tag', async () => {
  await client.send(new BatchDeleteImageCommand({ ...app, imageIds: [{ imageTag: 'latest' }] }))
  expect(await listTags()).toEqual(['v1.0.0'])
})

test('starts with the same images in every test', async () => {
  expect(await listTags()).toEqual(['latest', 'v1.0.0'])
})

test('repeats a request that was throttled', async () => {
  emulator.faults.add({ operation: 'DescribeImageTags', fault: 'throttle', count: 1 })
  expect(await listTags()).toEqual(['latest', 'v1.0.0'])
  expect(emulator.requests.list().map(({ status }) => status)).toEqual([400, 200])
})
