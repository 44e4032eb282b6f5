import { mkdtemp, rm } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage, writeDockerArchive } from '../helpers/archives.js'
import { startEmulator } from '../helpers/start-emulator.js'
import { startTlsFront } from '../helpers/tls.js'
import { ANSWER_ROWS, errorOf, serve } from '../helpers/who-answers.js'

let directory = ''
const MODES: Record<string, string>[] = [
  { mode: 'login' },
  { mode: 'ensure-repo', repository: 'app' },
  { mode: 'sync-catalog', repository: 'app', description: 'text' },
  { mode: 'push-tar', repository: 'app' },
  { mode: 'cleanup-tags', repository: 'app', 'keep-latest': '1' }
]
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'who-answers-'))
  const tar = join(directory, 'image.tar')
  await writeDockerArchive(tar, [buildImage({ tags: ['app:v1'], compression: 'none' })])
  for (const inputs of MODES) if (inputs.mode === 'push-tar') inputs.tar = tar
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('a proxy that answers CONNECT', () => {
  test.each([
    ['407 Proxy Authentication Required', 'refused the user name and password: "HTTP status 407"'],
    ['403 Forbidden', 'refused the request to ecr.example: "HTTP status 403"'],
    ['400 Bad Request', 'refused the request to ecr.example: "HTTP status 400"'],
    ['302 Found', 'refused the request to ecr.example: "HTTP status 302"'],
    ['502 Bad Gateway', 'refused the request to ecr.example: "HTTP status 502"'],
    ['503 Service Unavailable', 'refused the request to ecr.example: "HTTP status 503"'],
    ['x', 'refused the request to ecr.example: "a response that is not HTTP"'],
    ['', 'refused the request to ecr.example. It closed the connection.']
  ])('with "%s" is named with its variable', async (status, text) => {
    const proxy = await serve(() => undefined, status)
    for (const inputs of MODES) {
      const env = {
        HTTPS_PROXY: `http://me:hunter2@${proxy}`,
        AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.example'
      }
      const message = await errorOf(env, inputs)
      expect(message).toContain(`The proxy ${proxy} (environment variable HTTPS_PROXY) ${text}`)
      expect(message).not.toMatch(/ECR Public|AWS health/)
    }
  })

  test('with an invalid percent-encoding in its password is refused at once', async () => {
    const env = {
      https_proxy: 'http://me:hunter2%@127.0.0.1:9',
      AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.example'
    }
    expect(await errorOf({ ...env })).toContain(
      'The user name or password in the environment variable https_proxy is not valid'
    )
  })

  test('without TLS, although its URL begins with https, is named', async () => {
    const proxy = await serve(() => undefined)
    const message = await errorOf({
      HTTPS_PROXY: `https://me:hunter2@${proxy}`,
      AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.example'
    })
    expect(message).toContain(
      `A connection to the proxy ${proxy} (environment variable HTTPS_PROXY)`
    )
    expect(message).toContain('If the proxy does not use TLS, begin HTTPS_PROXY with http://')
  })

  test('but is not running, or does not exist, is named', async () => {
    const endpoint = { AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.example' }
    expect(await errorOf({ ...endpoint, ALL_PROXY: 'http://127.0.0.1:9' })).toContain(
      'A connection to the proxy 127.0.0.1:9 (environment variable ALL_PROXY) is not possible'
    )
    expect(await errorOf({ ...endpoint, HTTPS_PROXY: 'http://proxy.invalid' })).toContain(
      'The proxy proxy.invalid:80 (environment variable HTTPS_PROXY) was not found'
    )
  })
})

describe('a proxy that answers a plain request', () => {
  test.each<[string, RequestListener, string]>([
    ['407', (_q, r) => void r.writeHead(407).end(), 'requires a user name and password'],
    [
      '403',
      (_q, r) => void r.writeHead(403).end(),
      'refused the request to 127.0.0.1:9: "HTTP status 403"'
    ],
    [
      '400 with HTML',
      (_q, r) => void r.writeHead(400).end('<html>'),
      'refused the request to 127.0.0.1:9: "HTTP status 400"'
    ],
    [
      '503',
      (_q, r) => void r.writeHead(503).end(),
      'refused the request to 127.0.0.1:9: "HTTP status 503"'
    ],
    ['a closed connection', (q) => void q.socket.destroy(), 'It closed the connection.']
  ])('with %s is named with its variable', async (_name, listener, text) => {
    const proxy = await serve(listener)
    const env = { http_proxy: `http://${proxy}`, AWS_ENDPOINT_URL_ECR_PUBLIC: 'http://127.0.0.1:9' }
    const message = await errorOf(env)
    expect(message).toContain(`The proxy ${proxy} (environment variable http_proxy)`)
    expect(message).toContain(text)
  })
})

describe('a server that answers as the API', () => {
  test.each(ANSWER_ROWS)('with %s is named', async (answer, listener) => {
    const host = await serve(listener)
    for (const inputs of MODES) {
      const error = await errorOf({ AWS_ENDPOINT_URL_ECR_PUBLIC: `http://${host}` }, inputs)
      expect(error).toMatch(
        /^\d/.test(answer)
          ? `The response did not come from Amazon ECR Public: "HTTP status ${answer.slice(0, 3)}"`
          : /The connection to Amazon ECR Public was lost|The response did not come from Amazon ECR Public/
      )
      expect(error).toMatch(/AWS_ENDPOINT_URL_ECR_PUBLIC|Run the job again/)
    }
  })

  test.each(['', '{}', ' {"ok":true}'])(
    'with status 200 and the body "%s" is named',
    async (body) => {
      const host = await serve((_request, response) => void response.writeHead(200).end(body))
      const proxy = { http_proxy: `http://${host}` }
      const named = `proxy ${host} (environment variable http_proxy) answered the request to 127.0.0.1:9: "HTTP status 200"`
      for (const inputs of MODES) {
        const direct = await errorOf({ AWS_ENDPOINT_URL_ECR_PUBLIC: `http://${host}` }, inputs)
        expect(direct).toContain(
          'The response did not come from Amazon ECR Public: "HTTP status 200"'
        )
        const proxied = await errorOf(
          { AWS_ENDPOINT_URL_ECR_PUBLIC: 'http://127.0.0.1:9', ...proxy },
          inputs
        )
        expect(proxied).toContain(
          body === ''
            ? named
            : `did not come from Amazon ECR Public (the request used the proxy ${host} of http_proxy)`
        )
      }
    }
  )

  test('with a request ID is AWS', async () => {
    const host = await serve((_request, response) => {
      const headers = { 'x-amzn-requestid': 'req-9' }
      response.writeHead(500, headers).end('{"__type":"ServerException"}')
    })
    for (const inputs of MODES) {
      const error = await errorOf({ AWS_ENDPOINT_URL_ECR_PUBLIC: `http://${host}` }, inputs)
      expect(error).toMatch(/Amazon ECR Public failed to process [^:]*req-9/)
    }
  })
})

test('a host that DNS does not know is named', async () => {
  const message = await errorOf({ AWS_ENDPOINT_URL_ECR_PUBLIC: 'https://ecr.invalid' })
  expect(message).toMatch(/The name of the host cannot be resolved: "ecr\.invalid/)
})

test('a certificate that is not trusted is named', async () => {
  const emulator = await startEmulator()
  const front = await startTlsFront(new URL(emulator.url))
  const message = await errorOf({ AWS_ENDPOINT_URL_ECR_PUBLIC: front.url })
  expect(message).toContain('The server certificate is not trusted')
})
