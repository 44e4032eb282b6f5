import { saveImage } from '../../src/push-tar/save-image.js'

it('does not try podman if the run is cancelled while docker saves the image', async () => {
  const cancellation = new AbortController()
  const { signal } = cancellation
  const programs: string[] = []
  const saving = saveImage('app:1', {
    exec: (program, _args, options) => {
      programs.push(program)
      expect(options?.signal).toBe(signal)
      cancellation.abort(new Error('cancelled'))
      return Promise.reject(new Error('The operation was aborted'))
    },
    log: { info: () => undefined } as never,
    temporaryDirectory: () => Promise.resolve('/nowhere'),
    signal
  })
  await expect(saving).rejects.toThrow('cancelled')
  expect(programs).toEqual(['docker'])
})
