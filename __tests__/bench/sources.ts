import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * Lets the benchmarks import the sources as they are: these name each other by what a bundler makes of
 * them (`.js`). To be loaded first (`node --import`).
 */
registerHooks({
  resolve(specifier, context, next) {
    const isOwn = specifier.startsWith('.') && specifier.endsWith('.js')
    if (!isOwn || context.parentURL === undefined) return next(specifier, context)
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL)
    return next(existsSync(source) ? source.href : specifier, context)
  }
})
