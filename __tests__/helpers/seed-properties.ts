import fc from 'fast-check'
import { SEED } from './counts.js'

// Runs before each test file, so that its properties use `SEED`.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED })
