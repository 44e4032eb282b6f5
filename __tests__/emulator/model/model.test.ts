import * as sdk from '@aws-sdk/client-ecr-public'
import { OPERATIONS } from '../../../src/emulator/model/operations.js'
import { SHAPES } from '../../../src/emulator/model/shapes.js'
import { MODEL } from './service-model.js'
import type { ModelShape } from './service-model.js'

/** Converts a shape of the model to the format of the emulator. */
function tableOf({ type, members, member, required, min, max, pattern, ...rest }: ModelShape) {
  if (type === 'structure') {
    const names = Object.entries(members!).map(([name, { shape }]) => [name, shape])
    return { type, members: Object.fromEntries(names), required: required ?? [] }
  }
  return {
    type,
    ...(member === undefined ? {} : { member: member.shape }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(rest.enum === undefined ? {} : { values: rest.enum })
  }
}

test('the tables of shapes match the published model', () => {
  const shapes = Object.entries(MODEL.shapes).filter(([, shape]) => shape.exception !== true)
  expect(SHAPES).toEqual(Object.fromEntries(shapes.map(([name, one]) => [name, tableOf(one)])))
})

test('the table of operations matches the model, including the errors', () => {
  const operations = Object.entries(MODEL.operations).map(([name, { input, output, errors }]) => {
    expect(input.shape).toBe(`${name}Request`)
    expect(output.shape).toBe(`${name}Response`)
    return [name, errors.map(({ shape }) => shape.replace(/Exception$/, ''))]
  })
  expect(OPERATIONS).toEqual(Object.fromEntries(operations))
})

test('the SDK has the same operations and errors', () => {
  const names = Object.keys(sdk)
  const commands = names.filter((name) => name.endsWith('Command') && !name.startsWith('$'))
  expect(commands.map((name) => name.replace(/Command$/, '')).sort()).toEqual(
    Object.keys(OPERATIONS).sort()
  )
  const exceptions = Object.entries(MODEL.shapes).filter(([, { exception }]) => exception)
  for (const [name] of exceptions) expect(names).toContain(name)
})
