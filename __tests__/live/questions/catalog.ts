import {
  GetRepositoryCatalogDataCommand,
  PutRepositoryCatalogDataCommand
} from '@aws-sdk/client-ecr-public'
import type { RepositoryCatalogData, RepositoryCatalogDataInput } from '@aws-sdk/client-ecr-public'
import { galleryUrl } from '../../../src/ecr-public/gallery-url.js'
import { isLoopback } from '../../../src/http/loopback.js'
import type { Live } from '../live.ts'
import { LOGO } from '../logo.ts'
import { errorOf, other } from './question.ts'

export const CATALOG_QUESTIONS = { catalogPut, catalogDataMissing, logoUrl, galleryImages }

async function put(
  { client }: Live,
  repositoryName: string,
  catalogData: RepositoryCatalogDataInput
): Promise<RepositoryCatalogData> {
  await client.send(new PutRepositoryCatalogDataCommand({ repositoryName, catalogData }))
  const read = await client.send(new GetRepositoryCatalogDataCommand({ repositoryName }))
  return read.catalogData ?? {}
}

/** Does a write keep the members that it does not contain? */
async function catalogPut(live: Live): Promise<string> {
  const { name } = await live.newRepository()
  await put(live, name, { description: 'A description' })
  const { description } = await put(live, name, { aboutText: 'An about text' })
  return description === undefined || description === '' ? 'replace' : 'merge'
}

/** What is returned for a repository without catalog data? */
async function catalogDataMissing(live: Live): Promise<string> {
  const { name: repositoryName } = await live.newRepository()
  const error = await errorOf(
    live.client.send(new GetRepositoryCatalogDataCommand({ repositoryName }))
  )
  if (error === undefined) return 'empty'
  return error.name === 'RepositoryCatalogDataNotFoundException' ? 'not-found' : other(error.name)
}

/** Does the same logo have a new URL after every upload? */
async function logoUrl(live: Live): Promise<string> {
  const { name } = await live.newRepository()
  const first = await put(live, name, { logoImageBlob: LOGO })
  const second = await put(live, name, { logoImageBlob: LOGO })
  if (first.logoUrl === undefined || second.logoUrl === undefined) return other('no URL')
  return first.logoUrl === second.logoUrl ? 'stable' : 'new'
}

/** Does the gallery page contain images of other hosts? Only the page of an emulator is complete without a browser. */
async function galleryImages(live: Live): Promise<string> {
  const { name, uri } = await live.newRepository()
  if (!isLoopback(uri.split('/', 1)[0] ?? '')) {
    return `not asked: open ${galleryUrl(uri)} of a repository with an image in its README`
  }
  const image = 'https://example.com/picture.png'
  await put(live, name, { aboutText: `# Title\n\n![A picture](${image})\n` })
  const page = await (await fetch(galleryUrl(uri))).text()
  return page.includes(`src="${image}"`) ? 'loaded' : 'framed'
}
