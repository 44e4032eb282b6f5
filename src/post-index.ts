import { post } from './post.js'
import { runStep } from './runner/run-step.js'

await runStep(post)
