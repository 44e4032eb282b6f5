import { main } from './main.js'
import { isPost } from './state.js'

if (isPost()) {
  const { post } = await import('./post.js')
  await post()
} else {
  await main()
}

// All is done and written. Left to itself, Node.js would now take its heap and its modules apart one by
// one before it ends. After a failure it does so, in case something is still under way.
if (!process.exitCode) process.stdout.write('', () => process.exit())
