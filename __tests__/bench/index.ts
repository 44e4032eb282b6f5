import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBenchArchives } from './archive.ts'
import { benchLevels } from './levels.ts'
import { benchLine, LINE_ARCHIVE_SHARE } from './line.ts'
import { benchLogin } from './login.ts'
import { benchPrimitives } from './primitives.ts'
import { benchMemory, benchPush } from './push.ts'
import { benchScale } from './scale.ts'
import { benchStages } from './stages.ts'
import { markdownTables } from './table.ts'
import type { Line } from './table.ts'

/** Number of runs per line. Use at least five for published figures. */
const RUNS = Number(process.env.BENCH_RUNS ?? '5')
/** The groups to run. Without arguments, all groups run. */
const groups = process.argv.slice(2)
const isSelected = (group: string): boolean => groups.length === 0 || groups.includes(group)

const directory = await mkdtemp(join(tmpdir(), 'ecr-public-bench-'))
const lines: Line[] = []
try {
  if (isSelected('login')) lines.push(...(await benchLogin(RUNS)))
  if (['push', 'primitives', 'stages', 'levels', 'memory'].some(isSelected)) {
    const archives = await makeBenchArchives(directory)
    if (isSelected('push')) lines.push(...(await benchPush(archives, RUNS)))
    if (isSelected('primitives')) lines.push(...(await benchPrimitives(archives, RUNS)))
    if (isSelected('stages')) lines.push(...(await benchStages(archives, RUNS)))
    if (isSelected('levels')) lines.push(...(await benchLevels(archives, RUNS)))
    if (isSelected('memory')) lines.push(...(await benchMemory(directory, archives.layer, RUNS)))
  }
  if (isSelected('line')) {
    const archives = await makeBenchArchives(join(directory, 'line'), LINE_ARCHIVE_SHARE)
    lines.push(...(await benchLine(archives, RUNS)))
  }
  lines.push(...(await benchScale(RUNS, isSelected)))
} finally {
  await rm(directory, { recursive: true, force: true })
}
process.stderr.write('\n')
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`
const report = `${machine}, medians of interleaved runs\n\n${markdownTables(lines)}\n`
process.stdout.write(report)
if (process.env.BENCH_OUTPUT) await writeFile(process.env.BENCH_OUTPUT, report)
