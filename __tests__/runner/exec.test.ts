import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execute } from '../../src/runner/exec.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'exec-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

describe('a program that writes its output to a file', () => {
  it('writes the bytes unchanged and returns the end of standard error', async () => {
    const stdoutFile = join(directory, 'out')
    const script =
      'process.stdout.write(Buffer.from([0, 255, 10, 13])); console.error("x".repeat(30000) + " gone"); process.exitCode = 3'
    const { exitCode, stdout, stderr } = await execute(process.execPath, ['-e', script], {
      stdoutFile
    })
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' })
    expect(stderr.length).toBe(20_000)
    expect(stderr.trimEnd()).toMatch(/x gone$/)
    expect(await readFile(stdoutFile)).toEqual(Buffer.from([0, 255, 10, 13]))
  })

  it('rejects a program that does not exist', async () => {
    const stdoutFile = join(directory, 'out')
    await expect(execute(join(directory, 'nothing'), [], { stdoutFile })).rejects.toThrow(/ENOENT/)
  })

  it('ends the program when the signal is aborted', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const cancellation = new AbortController()
    const run = execute(
      process.execPath,
      ['-e', `require('node:net').connect(${port}, '127.0.0.1').on('error', () => {}).resume()`],
      { stdoutFile: join(directory, 'out'), signal: cancellation.signal }
    )
    const [socket] = (await once(server, 'connection')) as [Socket]
    const isClosed = once(socket.on('error', () => undefined).resume(), 'close')
    cancellation.abort()
    await expect(run).rejects.toThrow(/aborted/)
    await isClosed
    server.close()
  })
})
