import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const MODULE = join(import.meta.dirname, '..', 'src', 'young-generation.ts')

/** What a process prints whose objects live for a while: the bytes of V8's space for new ones. */
const PROGRAM = `
  const { getHeapSpaceStatistics } = await import('node:v8')
  const { keepYoungGenerationSmall } = await import(process.argv[1])
  if (process.argv[2] === 'small') await keepYoungGenerationSmall()
  let kept = []
  for (let made = 0; made < 3_000_000; made++) {
    if (kept.length === 100_000) kept = []
    kept.push({ made })
  }
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  console.log(space.space_size)
`

async function newSpaceBytes(kind: 'small' | 'as it is'): Promise<number> {
  const args = ['--no-warnings', '--input-type=module', '-e', PROGRAM, MODULE, kind]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return Number(stdout)
}

test('the space for new objects stays as small as it begins, where it else would grow', async () => {
  const small = await newSpaceBytes('small')
  expect(small).toBeGreaterThan(0)
  expect(small).toBeLessThanOrEqual(4 * 1024 * 1024)
  expect(await newSpaceBytes('as it is')).toBeGreaterThan(2 * small)
})
