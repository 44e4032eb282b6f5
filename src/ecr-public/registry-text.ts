/**
 * Returns the line that every mode logs about its registry before the first change, such as
 * `Registry: 123456789012 (public.ecr.aws/a1b2c3d4)`. It is in a file of its own, since mode login loads little code.
 *
 * @param account the AWS account ID, or empty if it is not known
 * @param uri `HOST/ALIAS`, or empty if it is not known
 */
export function registryText(account: string, uri: string): string {
  if (account === '' && uri === '') return 'Registry: not known, since the API did not return it'
  const place = account === '' ? uri : uri === '' ? account : `${account} (${uri})`
  return `Registry: ${place}`
}
