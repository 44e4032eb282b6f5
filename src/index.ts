import { isPost } from './state.js'

if (isPost()) {
  const { post } = await import('./post.js')
  await post()
} else {
  const { main } = await import('./main.js')
  await main()
}
