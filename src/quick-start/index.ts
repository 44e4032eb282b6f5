import { dirname, join } from 'node:path'
import { start } from './start.js'

// Until it is known better: Node.js also ends where it waits for what never comes.
process.exitCode = 1
// This runs as `dist/quick-start/index.js`.
process.exitCode = await start(join(dirname(process.argv[1] ?? ''), '..', '..'), {
  say: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`)
})
