import { getShape } from '../model/shapes.js'

/**
 * Converts a value to AWS JSON 1.1: timestamps become seconds since 1970, blobs become base64, and
 * absent members are omitted.
 *
 * @throws Error if a member is not in the model or a required member is missing
 */
export function serializeOutput(name: string, value: unknown): unknown {
  const shape = getShape(name)
  switch (shape.type) {
    case 'structure': {
      const members = Object.entries(value as Readonly<Record<string, unknown>>)
        .filter(([, item]) => item !== undefined)
        .map(([member, item]) => {
          const memberName = shape.members[member]
          if (memberName === undefined) throw new Error(`${name} does not have a member ${member}`)
          return [member, serializeOutput(memberName, item)] as const
        })
      const wire = Object.fromEntries(members)
      const missing = shape.required.find((member) => !(member in wire))
      if (missing !== undefined) throw new Error(`${name} requires the member ${missing}`)
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
