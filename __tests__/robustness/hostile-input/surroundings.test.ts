import fc from 'fast-check'
import { ActionError } from '../../../src/runner/errors.js'
import { explainError } from '../../../src/ecr-public/explain-error.js'
import { isLoopback } from '../../../src/http/loopback.js'
import { findProxy } from '../../../src/http/proxy.js'
import { checkResourceTags, diffResourceTags } from '../../../src/ensure-repo/resource-tags.js'
import { FUZZ_TIMEOUT_MS, tellFuzzCounts, tryHostile } from './fuzz.js'
import { damagedText } from './mutations.js'

tellFuzzCounts('surroundings')

const RUNS = { small: 100, soak: 3000 }

test(
  'any proxy value is used or rejected, and its password is not shown',
  async () => {
    const proxy = damagedText(
      ['http://user:hunter2@proxy.example:3128', 'proxy:8080', 'https://[::1]:3128', 'socks5://a'],
      ['http://', '://', ':', '@', '/', '[', ']', '%', '?', '#', '\\', ' ', '65536']
    )
    const exempt = damagedText(
      ['localhost,127.0.0.1,10.0.0.0/8,.example.com', '*', '[::1]:443 fe80::/10', 'a.b:80'],
      [',', ' ', '.', '*', '/', ':', '[', ']', '/33', '/129', '::']
    )
    await tryHostile('findProxy', fc.tuple(proxy, exempt), RUNS, ([http_proxy, no_proxy]) => {
      for (const url of ['http://127.0.0.1:5111/', 'http://[::1]/', 'http://a.example.com/']) {
        try {
          const found = findProxy(new URL(url), { http_proxy, no_proxy })
          expect([undefined, 'http:', 'https:']).toContain(found?.url.protocol)
        } catch (error) {
          if (!(error instanceof ActionError)) throw error
          expect(error.message).not.toContain('hunter2')
        }
      }
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'a host counts as loopback only if a URL with it does',
  async () => {
    const host = damagedText(
      ['127.0.0.1:5111', 'localhost', '[::1]:80', 'public.ecr.aws', '127.0.0.1.evil.example'],
      ['127.', '.', ':', '[', ']', '@', '::1', 'localhost', '/', '#', '?', '%31', '0x7f', ' ']
    )
    await tryHostile('isLoopback', host, RUNS, (text) => {
      if (!isLoopback(text)) return
      const reached = URL.parse(`http://${text}/`)?.hostname
      if (reached === undefined) return
      expect(reached).toMatch(/^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\]|\[::ffff:7f\w\w:\w+\])$/)
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'resource tags of any content are compared or refused with words',
  async () => {
    const text = damagedText(['team', 'aws:cloudformation', ''], ['aws:', ':', '=', '+', '@', '/'])
    const tags = fc.array(fc.record({ key: text, value: text }), { maxLength: 60 })
    await tryHostile('checkResourceTags', fc.tuple(tags, tags), RUNS, ([wanted, there]) => {
      const known = new Map(there.map(({ key, value }) => [key, value]))
      checkResourceTags(wanted)
      const { removed } = diffResourceTags('team/app', known, wanted, true)
      expect(removed.filter((key) => key.startsWith('aws:'))).toEqual([])
    })
  },
  FUZZ_TIMEOUT_MS
)

test(
  'errors of any content are put into words',
  async () => {
    const text = damagedText(
      ['AccessDeniedException', 'User: arn:aws:iam::1:user/a is not authorized to perform: a:B'],
      ['arn:aws:', 'ecr-public:', 'perform: ', 'Exception', '\n', '::error::', ' on resource: ']
    )
    const error = fc.record({
      name: text,
      message: text,
      code: fc.option(fc.constantFrom('ENOTFOUND', 'ECONNRESET', 'CERT_HAS_EXPIRED')),
      $metadata: fc.option(fc.record({ requestId: text, httpStatusCode: fc.nat(999) }))
    })
    await tryHostile('explainError', error, RUNS, (members) => {
      const explained = explainError(Object.assign(new Error(), members), {
        mode: 'push-tar',
        env: {}
      })
      expect(explained?.message).not.toBe('')
      expect(explained?.message.length ?? 0).toBeLessThan(100_000)
    })
  },
  FUZZ_TIMEOUT_MS
)
