import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBenchArchives } from './archive.ts'
import { benchLevels } from './levels.ts'
import { benchLine, LINE_ARCHIVE_SHARE } from './line.ts'
import { benchLogin } from './login.ts'
import { benchPrimitives } from './primitives.ts'
import { benchMemory } from './memory.ts'
import { benchPush } from './push.ts'
import { benchScale } from './scale.ts'
import { benchStages } from './stages.ts'
import { benchStart } from './start.ts'
import { markdownRow, markdownTables, tableOf } from './table.ts'
import type { Line } from './table.ts'

/** Number of runs per line. Use at least five for published figures. */
const RUNS = Number(process.env.BENCH_RUNS ?? '5')
/** The groups to run. Without arguments, all groups run. */
const groups = process.argv.slice(2)
const isSelected = (group: string): boolean => groups.length === 0 || groups.includes(group)

const directory = await mkdtemp(join(tmpdir(), 'ecr-public-bench-'))
const lines: Line[] = []
try {
  for await (const line of measureGroups()) {
    lines.push(line)
    process.stderr.write(`\n${tableOf(line)}: ${markdownRow(line)}\n`)
  }
} finally {
  await rm(directory, { recursive: true, force: true })
  // After an error, the report contains the lines that were measured before it.
  await report()
}

async function* measureGroups(): AsyncGenerator<Line> {
  if (isSelected('start')) yield* benchStart(RUNS)
  if (isSelected('login')) yield* benchLogin(RUNS)
  const archiveGroups = ['push', 'primitives', 'stages', 'levels', 'memory', 'merge', 'promotion']
  if (archiveGroups.some(isSelected)) {
    const archives = await makeBenchArchives(directory)
    if (isSelected('push')) yield* benchPush(archives, RUNS)
    if (isSelected('primitives')) yield* benchPrimitives(archives, RUNS)
    if (isSelected('stages')) yield* benchStages(archives, RUNS)
    if (isSelected('levels')) yield* benchLevels(archives, RUNS)
    yield* benchMemory(directory, archives.layer, RUNS, isSelected)
  }
  if (isSelected('line')) {
    const archives = await makeBenchArchives(join(directory, 'line'), LINE_ARCHIVE_SHARE)
    yield* benchLine(archives, RUNS)
  }
  yield* benchScale(RUNS, isSelected)
}

async function report(): Promise<void> {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`
  const text = `${machine}, medians of interleaved runs\n\n${markdownTables(lines)}\n`
  process.stdout.write(text)
  if (process.env.BENCH_OUTPUT) await writeFile(process.env.BENCH_OUTPUT, text)
}
