import { readInputs } from '../src/inputs.js'

describe('readInputs', () => {
  it('lists the modes where the mode is unknown', () => {
    expect(() => readInputs({}, (name) => (name === 'mode' ? 'logn' : ''))).toThrow(/one of login/)
  })
})
