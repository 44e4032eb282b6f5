import fc from 'fast-check'
import { SEED } from './counts.js'

// Runs before each test file: its properties follow from `SEED`.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED })
