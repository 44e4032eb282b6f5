import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmulator } from '../../src/emulator/library.js'
import type { CreateEmulatorOptions } from '../../src/emulator/library.js'
import { DEFAULT_LIMITS, SWITCHES } from '../../src/emulator/options.js'
import { resolveOptions } from '../../src/emulator/resolve-options.js'

test.each([
  [{ foo: 1 }, 'Option "foo" is unknown. Use account, alias, data,'],
  [{ toString: 1 }, 'Option "toString" is unknown.'],
  [{ verified: 'yes' }, 'Option "verified" is not valid: "yes". Use true or false.'],
  [{ account: 123 }, 'Option "account" is not valid: 123. Use 12 digits.'],
  [{ alias: null }, 'Option "alias" is not valid: null.'],
  [{ data: '' }, 'Option "data" is not valid: "". Use the path of a directory.'],
  [{ profile: 1 }, 'Option "profile" is not valid: 1. Use faithful or strict-oci.'],
  [{ partSize: -1 }, 'Option "partSize" is not valid: -1. Use a whole number of 1 or more.'],
  [{ partSize: 0 }, 'Option "partSize"'],
  [{ partSize: '7' }, 'Option "partSize" is not valid: "7".'],
  [{ faults: {} }, 'Option "faults" is not valid: {}. Use an array of fault rules.'],
  [
    { faults: [{ operation: '*', fault: 'throttle', count: 0 }] },
    'Use a whole number of 1 or more.'
  ],
  [{ allow: 'sts:*' }, 'Option "allow" is not valid: "sts:*". Use an array of IAM actions.'],
  [{ allow: [''] }, 'Option "allow" is not valid: "". Use actions that exist'],
  [{ allow: ['PutImage'] }, 'Option "allow" is not valid: "PutImage".'],
  [{ otherAliases: ['other'] }, 'Option "otherAliases" is not valid: ["other"].'],
  [{ otherAliases: [{ name: 'other', status: 'NEW' }] }, 'Option "otherAliases"'],
  [{ limits: { image: 1 } }, 'Limit "image" is unknown. Use repositories, images,'],
  [{ limits: { images: -1 } }, 'Limit "images" is not valid: -1. Use a whole number of 0 or more.'],
  [{ limits: { tagsPerPage: 0 } }, 'Limit "tagsPerPage" is not valid: 0.'],
  [{ limits: 5 }, 'Option "limits" is not valid: 5.'],
  [{ clock: 5 }, 'Option "clock" is not valid: 5.'],
  [{ clock: '2026-02-30T00:00:00Z' }, 'The time is not valid: "2026-02-30T00:00:00Z".'],
  [{ now: 5 }, 'Option "now" is not valid: 5. Use a function.'],
  [{ catalogPut: null }, 'Option "catalogPut" is not valid: null. Use merge or replace.'],
  [{ port: 'x' }, 'Option "port" is not valid: "x". Use a whole number from 0 to 65535.'],
  [{ port: 99_999 }, 'Option "port" is not valid: 99999.'],
  [{ host: '' }, 'Option "host" is not valid: "". Use an address such as 127.0.0.1.'],
  ...['http://x/', 'x/y', '', 'x:', 'x:y', 'a b', '::1', 5].map(
    (registryHost): [object, string] => [{ registryHost }, 'Option "registryHost" is not valid: ']
  )
])('rejects the options %j', async (options: object, message) => {
  await expect(createEmulator(options as CreateEmulatorOptions)).rejects.toThrow(message)
})

test('accepts the documented values of every option, and options that are undefined', () => {
  const hosts = ['emulator', 'my_service:5111', 'Registry.Example', '127.0.0.1:1', '[::1]:5111']
  for (const registryHost of hosts) {
    expect(resolveOptions({ registryHost })).toMatchObject({ registryHost })
  }
  for (const [name, values] of Object.entries(SWITCHES)) {
    for (const value of values) {
      expect(resolveOptions({ [name]: value })).toMatchObject({ [name]: value })
    }
  }
  expect(resolveOptions({ limits: DEFAULT_LIMITS, allow: ['*', 's3:GetObject'] })).toMatchObject({
    limits: DEFAULT_LIMITS
  })
  const names = ['alias', 'data', 'limits', 'catalogPut']
  const absent = Object.fromEntries(names.map((name) => [name, undefined])) as object
  expect(resolveOptions(absent)).toMatchObject({ alias: 'a1b2c3d4', catalogPut: 'merge' })
})

test('rejects a file as data directory', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'options-'))
  const data = join(directory, 'file')
  writeFileSync(data, '')
  await expect(createEmulator({ data })).rejects.toThrow(
    `The data directory cannot be created: "${data}". A file with this path exists. Use another directory.`
  )
  rmSync(directory, { recursive: true })
})
