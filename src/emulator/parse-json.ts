/**
 * Parses JSON with or without a byte order mark, which editors and PowerShell on Windows write.
 *
 * @param subject the beginning of the error: `The body`
 * @throws Error if the text is not valid JSON
 */
export function parseJson(subject: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    const reason = error instanceof Error ? ` ${error.message}.` : ''
    throw new Error(`${subject} is not valid JSON.${reason}`, { cause: error })
  }
}
