import { readAhead } from '../../src/push-tar/read-ahead.js'

const A = Buffer.from('a')
const B = Buffer.from('b')

describe('readAhead', () => {
  it('yields each chunk while the next one is read', async () => {
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

  it('throws the error of a read after the previous chunks', async () => {
    const source = async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(A)
      throw new Error('Disk error')
    }
    const taken: string[] = []
    const take = async (): Promise<void> => {
      for await (const chunk of readAhead(source())) taken.push(String(chunk))
    }
    await expect(take()).rejects.toThrow('Disk error')
    expect(taken).toEqual(['a'])
  })

  it.each([
    ['another chunk', B],
    ['an error', undefined]
  ])('closes its source if the consumer stops before %s', async (_title, second) => {
    let isClosed = false
    const source = async function* (): AsyncGenerator<Buffer> {
      try {
        yield await Promise.resolve(A)
        if (second === undefined) throw new Error('Unhandled')
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
