import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `npm run mutation`: changes the code that decides what is deleted or written, and reports the changes that the tests
 * do not detect. `npm run mutation -- login` checks one part, and further arguments are passed to Stryker. The parts use
 * the tests that run in one process, the fastest first: a mutant needs one failing test. The environment variable
 * `MUTATION_TESTS` contains other test files for the part.
 */
const PARTS = {
  'ecr-public': {
    mutate: [
      'resolve-repositories',
      'choose-reading',
      'registry-reader',
      'find-repositories',
      'repository-names'
    ].map((file) => `src/ecr-public/${file}.ts`),
    testFiles: ['repository-*', 'registry-reader', 'resolve-*', 'find-*', 'choose-*'].map(
      (file) => `__tests__/ecr-public/${file}.test.ts`
    )
  },
  rules: {
    mutate: ['src/cleanup-tags/rules/**/*.ts'],
    testFiles: ['__tests__/cleanup-tags/rules/**/*.test.ts']
  },
  'cleanup-tags': {
    mutate: [
      'src/cleanup-tags/!(summarize-cleanup|report-cleanup|log-cleanup|format).ts',
      'src/cleanup-tags/{deletion,github}/*.ts'
    ],
    testFiles: [
      '__tests__/cleanup-tags/{deletion,github}/*.test.ts',
      '__tests__/cleanup-tags/!(cleanup-tags-model|cleanup-tags-scale|cleanup-tags-faults).test.ts'
    ]
  },
  login: {
    mutate: ['src/login/**/*.ts'],
    testFiles: ['__tests__/login/!(login-clients|login-concurrency|foreign-directory).test.ts']
  }
}

const [name = '', ...more] = process.argv.slice(2)
const isPart = Object.hasOwn(PARTS, name)
if (!isPart && name !== '' && !name.startsWith('-')) {
  console.error(`Unknown part: "${name}". Use one of ${Object.keys(PARTS).join(', ')}.`)
  process.exit(1)
}
// The name is short, since podman rejects a path of more than 50 characters.
const temporary = mkdtempSync(join(tmpdir(), 'ecr-'))
for (const { mutate, testFiles } of isPart ? [PARTS[name]] : Object.values(PARTS)) {
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/@stryker-mutator/core/bin/stryker.js',
      'run',
      '.github/stryker.config.json',
      '--mutate',
      mutate.join(),
      ...(isPart ? more : process.argv.slice(2))
    ],
    {
      stdio: 'inherit',
      // With its option testFiles, Stryker would not activate mutants of constants while the sources are loaded.
      env: {
        ...process.env,
        TMPDIR: temporary,
        MUTATION_TESTS: process.env.MUTATION_TESTS ?? testFiles.join(' ')
      }
    }
  )
  if (status !== 0) process.exitCode = 1
}
rmSync(temporary, { recursive: true, force: true })
