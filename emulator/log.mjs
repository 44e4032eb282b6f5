import { randomUUID } from 'node:crypto'

/** Logs text from other sources, in which the runner must not interpret workflow commands. */
export function logVerbatim(text) {
  const token = randomUUID()
  console.log(`::stop-commands::${token}`)
  // Control characters except tab and line feed could move the cursor or change colors.
  // eslint-disable-next-line no-control-regex
  console.log(text.trimEnd().replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '�'))
  console.log(`::${token}::`)
}

/** Logs an error of the step. */
export function logError({ message }) {
  annotate('error', message)
}

/** Logs a warning of the step. */
export function logWarning(message) {
  annotate('warning', message)
}

function annotate(command, message) {
  const escaped = message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
  console.log(`::${command}::${escaped}`)
}
