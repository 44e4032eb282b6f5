import { getShape } from '../model/shapes.js'

/**
 * The wire form of a shape's value in AWS JSON 1.1: timestamps as seconds since 1970, blobs as base64,
 * absent members left out.
 *
 * @throws Error where a value has a member that the model lacks, or lacks one that it requires
 */
export function serializeOutput(name: string, value: unknown): unknown {
  const shape = getShape(name)
  switch (shape.type) {
    case 'structure': {
      const members = Object.entries(value as Readonly<Record<string, unknown>>)
        .filter(([, item]) => item !== undefined)
        .map(([member, item]) => {
          const memberName = shape.members[member]
          if (memberName === undefined) throw new Error(`${name} has no member ${member}`)
          return [member, serializeOutput(memberName, item)] as const
        })
      const wire = Object.fromEntries(members)
      const missing = shape.required.find((member) => !(member in wire))
      if (missing !== undefined) throw new Error(`${name} lacks ${missing}`)
      return wire
    }
    case 'list':
      return (value as readonly unknown[]).map((item) => serializeOutput(shape.member, item))
    case 'timestamp':
      return (value as Date).getTime() / 1000
    case 'blob':
      return (value as Buffer).toString('base64')
    default:
      return value
  }
}
