import { problem } from '../runner/errors.js'
import { CredentialDocumentError } from './credential-document.js'

/**
 * Runs `body`, which reads the text of the credential file `path`.
 *
 * @throws ActionError with the path, the reason and its position if `body` throws a `CredentialDocumentError`
 */
export async function explainMalformed<T>(
  path: string,
  text: string,
  body: () => T | Promise<T>
): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (!(error instanceof CredentialDocumentError)) throw error
    const { describeSyntaxError } = await import('../runner/json-syntax-error.js')
    const syntaxError = describeSyntaxError(text)
    throw problem(
      {
        what: 'The credential file is malformed',
        value: path,
        reason:
          syntaxError === undefined
            ? error.message
            : `${error.message} The JSON parser reports ${syntaxError}.`,
        fix: 'Correct or delete the file. It was not changed.'
      },
      error
    )
  }
}
