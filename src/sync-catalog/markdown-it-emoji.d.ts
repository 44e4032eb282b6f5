declare module 'markdown-it-emoji/lib/data/full.mjs' {
  /** The characters of emoji by name, as in `gemoji`. */
  const names: Readonly<Record<string, string>>
  export default names
}
