import { answerTables, askAll, listDifferences } from './ask-all.ts'

/** Ends the run at the first signal, and the process at the second one. */
const controller = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    process.stderr.write(`${signal}: deleting the repositories of this run\n`)
    controller.abort()
  })
}

const { answers, leftovers } = await askAll({
  signal: controller.signal,
  onAnswer: ({ name, value }) => process.stderr.write(`${name}: ${value}\n`)
})
process.stdout.write(`${answerTables(answers)}\n`)
for (const line of listDifferences(answers)) process.stderr.write(`${line}\n`)
for (const line of leftovers) process.stderr.write(`Not deleted: ${line}\n`)
const isComplete = answers.every(({ value }) => !value.startsWith('failed:'))
if (controller.signal.aborted) process.exitCode = 130
else process.exitCode = isComplete && leftovers.length === 0 ? 0 : 1
