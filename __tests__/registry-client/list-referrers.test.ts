import { MEDIA_TYPES } from '../../src/oci/media-types.js'
import { listReferrers } from '../../src/registry-client/list-referrers.js'
import type { ReferrersResponse } from '../../src/registry-client/list-referrers.js'
import { makeDeps } from '../helpers/make-deps.js'
import { createPlainClient, TestRepository } from '../helpers/populate.js'
import { startEmulator } from '../helpers/start-emulator.js'

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`
const SUBJECT = digestOf('0')

const page = (letters: string, link?: string): ReferrersResponse => ({
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
  pages: Readonly<Record<string, ReferrersResponse>>
): Promise<string[] | undefined> {
  const found = await listReferrers('a1/app', SUBJECT, (path) => Promise.resolve(pages[path]!))
  return found?.map(({ digest }) => digest)
}

describe('listReferrers', () => {
  test('reads all pages, with absolute URLs, absolute paths and relative links', async () => {
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

  test('returns undefined if the registry does not have the referrers API', async () => {
    const response = { status: 404, headers: {}, body: Buffer.from('404 page not found\n') }
    expect(await list({ [`referrers/${SUBJECT}`]: response })).toBeUndefined()
  })

  test('rejects a list that continues in another repository, is endless or is malformed', async () => {
    const first = `referrers/${SUBJECT}`
    await expect(
      list({ [first]: page('a', '</v2/b2/other/referrers/x>; rel="next"') })
    ).rejects.toThrow(/not in the same repository/)
    await expect(list({ [first]: page('a', `</v2/a1/app/${first}>; rel="next"`) })).rejects.toThrow(
      /endless list of referrers/
    )
    await expect(
      list({ [first]: page('a', `<${'灯'.repeat(1000)}>; rel="next"`) })
    ).rejects.toThrow(/not in the same repository/)
    await expect(list({ [first]: page('a', '<'.repeat(20_000)) })).rejects.toThrow(
      /Link header that is too long/
    )
    let requests = 0
    const endless = (): Promise<ReferrersResponse> =>
      Promise.resolve({
        status: 200,
        headers: { link: `</v2/a1/app/referrers/${++requests}>; rel="next"` },
        body: Buffer.concat([page('a').body, Buffer.alloc(4 * 1024 * 1024, ' ')])
      })
    await expect(listReferrers('a1/app', SUBJECT, endless)).rejects.toThrow(
      /endless list of referrers/
    )
    expect(requests).toBeLessThan(20)
    await expect(
      list({ [first]: { status: 200, headers: {}, body: Buffer.from('{}') } })
    ).rejects.toThrow(/not a supported image manifest/)
  })

  test('lists all referrers of an emulated registry over several pages', async () => {
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
