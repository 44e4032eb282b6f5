import { findProxy } from '../../src/http/proxy.js'

const API = new URL('https://api.ecr-public.us-east-1.amazonaws.com/')

describe('findProxy', () => {
  it.each([
    [{}, undefined],
    [{ HTTPS_PROXY: 'http://p:3128' }, 'http://p:3128/'],
    [{ https_proxy: 'http://low:1', HTTPS_PROXY: 'http://up:2' }, 'http://low:1/'],
    [{ HTTP_PROXY: 'http://p:3128' }, undefined],
    [{ ALL_PROXY: 'http://all:1' }, 'http://all:1/'],
    [{ all_proxy: 'http://all:1', https_proxy: 'http://p:2' }, 'http://p:2/'],
    [{ HTTPS_PROXY: 'p:3128' }, 'http://p:3128/'],
    [{ HTTPS_PROXY: 'https://p:3129' }, 'https://p:3129/'],
    [{ HTTPS_PROXY: '' }, undefined]
  ])('reads %j', (env, expected) => {
    expect(findProxy(API, env)?.url.href).toBe(expected)
  })

  it.each([
    ['*', true],
    ['amazonaws.com', true],
    ['.amazonaws.com', true],
    ['*.amazonaws.com', true],
    ['api.ecr-public.us-east-1.amazonaws.com', true],
    ['API.ECR-PUBLIC.US-EAST-1.AMAZONAWS.COM', true],
    ['amazonaws.com:443', true],
    ['amazonaws.com:8443', false],
    ['azonaws.com', false],
    ['example.com, amazonaws.com', true],
    ['example.com amazonaws.com', true],
    ['', false]
  ])('bypasses the proxy for NO_PROXY %j: %j', (noProxy, isDirect) => {
    const env = { HTTPS_PROXY: 'http://p:3128', NO_PROXY: noProxy }
    expect(findProxy(API, env) === undefined).toBe(isDirect)
  })

  it.each([
    ['http://127.0.0.1:5111/', '127.0.0.0/8', true],
    ['http://127.0.0.1:5111/', '127.0.0.1', true],
    ['http://127.0.0.1:5111/', '127.0.0.1:5111', true],
    ['http://127.0.0.1:5111/', '10.0.0.0/8', false],
    ['http://127.0.0.1:5111/', '127.0.0.0/33', false],
    ['http://127.0.0.1:5111/', '0.0.1', false],
    ['http://[::1]:5111/', '::1', true],
    ['http://[::1]:5111/', '[::1]:5111', true],
    ['http://[fd00::5]/', 'fd00::/8', true],
    ['http://10.1.2.3/', '10.0.0.0/8', true]
  ])('matches %s against NO_PROXY %j: %j', (url, noProxy, isDirect) => {
    const env = { http_proxy: 'http://p:3128', no_proxy: noProxy }
    expect(findProxy(new URL(url), env) === undefined).toBe(isDirect)
  })

  it('rejects an unsupported proxy without showing its password', () => {
    const env = { HTTPS_PROXY: 'socks5://user:hunter2@p:1080' }
    expect(() => findProxy(API, env)).toThrow(/HTTPS_PROXY is not a valid proxy URL/)
    expect(() => findProxy(API, env)).not.toThrow(/hunter2/)
  })

  it.each([
    'http://user:1234/x@p:3128',
    'http://u:a@hunter2?x@p:3128',
    'http://u:8#@p:3128',
    'http://DOMAIN\\user:hunter2@p:3128'
  ])('rejects a password that is not percent-encoded: %s', (url) => {
    const find = (): unknown => findProxy(API, { HTTPS_PROXY: url })
    expect(find).toThrow(
      /^The user name or password in the environment variable HTTPS_PROXY is not valid\. .*"%2F", "\\" as "%5C"/
    )
    expect(find).not.toThrow(/hunter2|1234|p:3128/)
  })
})
