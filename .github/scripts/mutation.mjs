import { spawnSync } from 'node:child_process'

/**
 * `npm run mutation`: changes the code that decides what is deleted or written, and reports the changes that the tests
 * of the same directory do not detect. It takes hours for all parts. `npm run mutation -- ecr-public` checks one part,
 * and further arguments are passed to Stryker.
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
    testFiles: ['resolve', 'find'].map(
      (file) => `__tests__/ecr-public/${file}-repositories*.test.ts`
    )
  },
  rules: {
    mutate: ['src/cleanup-tags/rules/**/*.ts'],
    testFiles: ['__tests__/cleanup-tags/rules/**/*.test.ts']
  },
  'cleanup-tags': {
    mutate: ['src/cleanup-tags/*.ts', 'src/cleanup-tags/deletion/*.ts'],
    testFiles: ['__tests__/cleanup-tags/*.test.ts', '__tests__/cleanup-tags/deletion/*.test.ts']
  },
  login: {
    mutate: ['src/login/**/*.ts'],
    testFiles: ['__tests__/login/!(login-clients).test.ts']
  }
}

const [name = '', ...more] = process.argv.slice(2)
const isPart = Object.hasOwn(PARTS, name)
for (const { mutate, testFiles } of isPart ? [PARTS[name]] : Object.values(PARTS)) {
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/@stryker-mutator/core/bin/stryker.js',
      'run',
      '.github/stryker.config.json',
      '--mutate',
      mutate.join(),
      '--testFiles',
      testFiles.join(),
      ...(isPart || name === '' ? more : [name, ...more])
    ],
    { stdio: 'inherit' }
  )
  if (status !== 0) process.exitCode = 1
}
