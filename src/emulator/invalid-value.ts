/**
 * Creates the error for an invalid value in an option, seed or fault.
 *
 * @param name the name of the value: `Option "alias"`
 * @param expected the valid values: `12 digits`
 */
export function invalidValue(name: string, value: unknown, expected: string): Error {
  const problem = value === undefined ? 'missing' : `not valid: ${JSON.stringify(value)}`
  return new Error(`${name} is ${problem}. Use ${expected}.`)
}
