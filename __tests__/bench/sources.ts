import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'

/**
 * Resolves imports of `.js` files to the TypeScript sources, so that the benchmarks can import `src`.
 * Load this module first, with `node --import`.
 */
registerHooks({
  resolve(specifier, context, next) {
    const isOwn = specifier.startsWith('.') && specifier.endsWith('.js')
    if (!isOwn || context.parentURL === undefined) return next(specifier, context)
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL)
    return next(existsSync(source) ? source.href : specifier, context)
  }
})
