import { main } from './main.js'
import { reportFailure } from './report.js'
import { isPost } from './state.js'

/** How long what is under way may take after a failure, in milliseconds: as long as the runner lets a cancelled step. */
const MAX_ENDING_MS = 10_000

// Node.js ends with status 0 where nothing is left to wait for but what never comes.
let hasEnded = false
process.once('exit', (code) => {
  if (!hasEnded && code === 0) reportFailure(new Error('the step stopped in the middle'))
})

if (isPost()) {
  const { post } = await import('./post.js')
  await post()
} else {
  await main()
}
hasEnded = true

// All is done and written. Left to itself, Node.js would now take its heap and its modules apart one by
// one before it ends. After a failure it does so, in case something is still under way; but not for ever, as a
// connection that nobody closes would keep the step until its job is ended.
const end = (): void => void process.stdout.write('', () => process.exit())
if (process.exitCode) setTimeout(end, MAX_ENDING_MS).unref()
else end()
