/** A jest reporter that prints the totals as the last line: `N passed, N failed, N skipped`. */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites
    const { numPassedTests: passed, numPendingTests: skipped } = results
    process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  }
}
