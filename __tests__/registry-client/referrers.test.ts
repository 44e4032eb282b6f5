import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { listReferrers } from '../../src/registry-client/referrers.js'
import type { ReferrersAnswer } from '../../src/registry-client/referrers.js'
import { makeDeps } from '../helpers/make-deps.js'
import { createPlainClient, TestRepository } from '../helpers/populate.js'
import { startEmulator } from '../helpers/start-emulator.js'

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`
const SUBJECT = digestOf('0')

const page = (letters: string, link?: string): ReferrersAnswer => ({
  status: 200,
  headers: link === undefined ? {} : { link },
  body: Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.ociIndex,
      manifests: Array.from(letters, (letter) => ({
        mediaType: MEDIA_TYPES.ociManifest,
        digest: digestOf(letter),
        size: 1
      }))
    })
  )
})

async function list(
  pages: Readonly<Record<string, ReferrersAnswer>>
): Promise<string[] | undefined> {
  const found = await listReferrers('a1/app', SUBJECT, (path) => Promise.resolve(pages[path]!))
  return found?.map(({ digest }) => digest)
}

describe('listReferrers', () => {
  test('goes through all pages, whether their links are whole, absolute or relative', async () => {
    const pages = {
      [`referrers/${SUBJECT}`]: page('a', `</v2/a1/app/referrers/${SUBJECT}?last=a>; rel="next"`),
      [`referrers/${SUBJECT}?last=a`]: page(
        'b',
        `<https://host/v2/a1/app/referrers/${SUBJECT}?last=b>; rel=next`
      ),
      [`referrers/${SUBJECT}?last=b`]: page('c', '<?last=c>; rel="next"'),
      [`referrers/${SUBJECT}?last=c`]: page('d', '</v2/other>; rel="prev"')
    }
    expect(await list({ ...pages })).toEqual(['a', 'b', 'c', 'd'].map(digestOf))
  })

  test('a registry without the API has no list', async () => {
    const answer = { status: 404, headers: {}, body: Buffer.from('404 page not found\n') }
    expect(await list({ [`referrers/${SUBJECT}`]: answer })).toBeUndefined()
  })

  test('a list that goes on elsewhere, never ends, or is none is refused', async () => {
    const first = `referrers/${SUBJECT}`
    await expect(
      list({ [first]: page('a', '</v2/b2/other/referrers/x>; rel="next"') })
    ).rejects.toThrow(/somewhere else/)
    await expect(list({ [first]: page('a', `</v2/a1/app/${first}>; rel="next"`) })).rejects.toThrow(
      /never ends/
    )
    await expect(
      list({ [first]: page('a', `<${'灯'.repeat(1000)}>; rel="next"`) })
    ).rejects.toThrow(/somewhere else/)
    await expect(list({ [first]: page('a', '<'.repeat(20_000)) })).rejects.toThrow(/without end/)
    let asked = 0
    const endless = (): Promise<ReferrersAnswer> =>
      Promise.resolve({
        status: 200,
        headers: { link: `</v2/a1/app/referrers/${++asked}>; rel="next"` },
        body: Buffer.concat([page('a').body, Buffer.alloc(4 * 1024 * 1024, ' ')])
      })
    await expect(listReferrers('a1/app', SUBJECT, endless)).rejects.toThrow(/never ends/)
    expect(asked).toBeLessThan(20)
    await expect(
      list({ [first]: { status: 200, headers: {}, body: Buffer.from('{}') } })
    ).rejects.toThrow(/no image manifest/)
  })

  test('an emulated registry tells all referrers, over its pages', async () => {
    const emulator = await startEmulator({ limits: { referrersPerPage: 2 } })
    const repository = await TestRepository.create(createPlainClient(emulator), 'team/app')
    const subject = await repository.push({ name: 'image' }, 'v1')
    const referrers: string[] = []
    for (const name of ['a', 'b', 'c', 'd', 'e'])
      referrers.push(await repository.push({ name, subject }))
    const registry = await makeDeps(emulator).openRegistry(emulator.host)
    const found = await registry.findReferrers('a1b2c3d4/team/app', subject)
    expect(found?.map(({ digest }) => digest).sort()).toEqual(referrers.sort())
    expect(await registry.findReferrers('a1b2c3d4/team/app', referrers[0]!)).toEqual([])
  })
})
