import emulator from './emulator.js'

export const { createEmulator } = emulator
