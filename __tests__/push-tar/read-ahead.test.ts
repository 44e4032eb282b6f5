import { readAhead } from '../../src/push-tar/read-ahead.js'

const A = Buffer.from('a')
const B = Buffer.from('b')

describe('reading ahead', () => {
  it('gives the same chunks, each while the next one is being read', async () => {
    const events: string[] = []
    const source = async function* (): AsyncGenerator<Buffer> {
      for (const chunk of [A, B]) {
        events.push(`read ${String(chunk)}`)
        yield await Promise.resolve(chunk)
      }
    }
    for await (const chunk of readAhead(source())) events.push(`work on ${String(chunk)}`)
    expect(events).toEqual(['read a', 'read b', 'work on a', 'work on b'])
  })

  it('tells of a failed read after the chunks before it', async () => {
    const source = async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(A)
      throw new Error('the disk is gone')
    }
    const taken: string[] = []
    const take = async (): Promise<void> => {
      for await (const chunk of readAhead(source())) taken.push(String(chunk))
    }
    await expect(take()).rejects.toThrow('the disk is gone')
    expect(taken).toEqual(['a'])
  })

  it.each([
    ['another chunk', B],
    ['a failure', undefined]
  ])('closes its source where it is left early, with %s to come', async (_title, second) => {
    let isClosed = false
    const source = async function* (): AsyncGenerator<Buffer> {
      try {
        yield await Promise.resolve(A)
        if (second === undefined) throw new Error('nobody is told')
        yield second
      } finally {
        isClosed = true
      }
    }
    for await (const chunk of readAhead(source())) {
      expect(chunk).toBe(A)
      break
    }
    expect(isClosed).toBe(true)
  })
})
