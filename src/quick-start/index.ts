import { dirname, join } from 'node:path'
import { start } from './start.js'

// Node.js also exits if a promise never settles. In that case, the status remains 1.
process.exitCode = 1
// The path of this file in the bundle is `dist/quick-start/index.js`.
process.exitCode = await start(join(dirname(process.argv[1] ?? ''), '..', '..'), {
  log: (line) => void process.stdout.write(`${line}\n`),
  logError: (line) => void process.stderr.write(`${line}\n`)
})
