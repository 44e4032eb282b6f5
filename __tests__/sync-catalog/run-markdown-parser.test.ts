import { readTextFile } from '../../src/sync-catalog/markdown/catalog-texts.js'
import type { Steps } from '../../src/sync-catalog/markdown/steps.js'
import { runMarkdownParser, runMarkdownSteps } from '../../src/sync-catalog/run-markdown-parser.js'

const read = async (text: string, maxMilliseconds?: number): Promise<string> => {
  const steps = readTextFile(Buffer.from(text), { base: undefined })
  return (await runMarkdownSteps('README.md', 'readme', steps, maxMilliseconds)).part.text
}

describe('runMarkdownSteps', () => {
  it('returns the result of the last step', async () => {
    await expect(read('# App\n\nWhat it is.\n')).resolves.toBe('# App\n\nWhat it is.\n')
  })

  it('runs every step of a long text once', async () => {
    const text = Array.from({ length: 3000 }, (_, at) => `## Section ${at}\n\nText.\n`).join('\n')
    await expect(read(text)).resolves.toBe(text)
  })

  it('names the line that is nested too deep, and how to fix it', async () => {
    await expect(read(`# App\n\n${'!['.repeat(3000)}a${'](b)'.repeat(3000)}\n`)).rejects.toThrow(
      /^Input "readme" names a Markdown file that is too complex: "README\.md"\. Line 3 is nested deeper than 100 levels\. Simplify the file, or set "about" and "usage" to other files\.$/
    )
  })

  it('interrupts a step that takes too long', async () => {
    // The time grows with the square of the length, so this would take hours.
    await expect(read('*'.repeat(1_000_000), 50)).rejects.toThrow(
      /Parsing it takes more than 0\.05 seconds\./
    )
  })

  it('pauses between steps, so that garbage can be collected', async () => {
    let count = 0
    const steps = (function* (): Steps<string> {
      for (; count < 100; count++) yield
      return 'result'
    })()
    const result = runMarkdownSteps('README.md', 'readme', steps)
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThan(100)
    await expect(result).resolves.toBe('result')
    expect(count).toBe(100)
  })

  it('limits the time of all steps together', async () => {
    const steps = (function* (): Steps<never> {
      for (;;) yield
    })()
    await expect(runMarkdownSteps('README.md', 'readme', steps, 50)).rejects.toThrow(
      /^Input "readme" names a Markdown file that is too complex: "README\.md"\. Parsing it takes more than 0\.05 seconds\./
    )
  })

  it('rejects a file that is not UTF-8 text', async () => {
    const steps = readTextFile(Buffer.from([0x61, 0xff]), { base: undefined })
    await expect(runMarkdownSteps('README.md', 'about', steps)).rejects.toThrow(
      /^Input "about" names a file that is not UTF-8 text: "README\.md"\. .* byte 1\./
    )
  })
})

describe('runMarkdownParser', () => {
  it('returns the result of the function', () => {
    expect(runMarkdownParser('README.md', 'readme', () => 'text')).toBe('text')
  })

  it('does not change other errors', () => {
    const fault = new TypeError('a fault')
    expect(() =>
      runMarkdownParser('README.md', 'readme', () => {
        throw fault
      })
    ).toThrow(fault)
  })
})
