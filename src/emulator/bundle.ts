// The entry of the bundle that the command line and the library share.
export { runCli } from './cli.js'
export { createEmulator } from './library.js'
