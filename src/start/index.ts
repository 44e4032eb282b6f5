import { dirname, join } from 'node:path'
import { start } from './start.js'

// This runs as `dist/start/index.js`.
process.exitCode = await start(join(dirname(process.argv[1] ?? ''), '..', '..'), {
  say: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`)
})
