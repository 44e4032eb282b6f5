exports.createEmulator = require('./emulator.js').createEmulator
