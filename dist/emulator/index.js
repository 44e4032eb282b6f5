#!/usr/bin/env node
require('./emulator.js').runCli(process.argv.slice(2))
