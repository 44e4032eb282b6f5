import { main } from './main.js'
import { runStep } from './runner/run-step.js'

await runStep(main)
