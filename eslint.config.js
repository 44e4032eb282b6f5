import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/** `import … from` patterns that a folder must not use, with the reason. */
const forbid = (...rules) => ({
  'no-restricted-imports': [
    'error',
    { patterns: rules.map(([regex, message]) => ({ regex, message, allowTypeImports: false })) }
  ]
})

const ACTIONS_CORE = [
  '^@actions/core$',
  'Only inputs.ts, report.ts and state.ts talk to the runner.'
]
const EMULATOR = ['/emulator/', 'The emulator is a program of its own.']

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }
      ],
      // `||` is meant where the runner sets a variable to the empty string.
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }]
    }
  },
  { files: ['src/**/*.ts'], rules: forbid(ACTIONS_CORE, EMULATOR) },
  {
    // A function fits on a screen, a file needs no table of contents.
    files: ['src/**/*.ts'],
    rules: { 'max-lines': ['error', 300], 'max-lines-per-function': ['error', 40] }
  },
  {
    // Each is one thing, which pieces would not make clearer.
    files: ['src/catalog/html-tags.ts', 'src/cleanup/delete-batch.ts', 'src/push/layer-api.ts'],
    rules: { 'max-lines-per-function': ['error', 60] }
  },
  {
    files: ['src/inputs.ts', 'src/report.ts', 'src/state.ts'],
    rules: forbid(EMULATOR)
  },
  {
    // Pure: values in, values out.
    files: ['src/image/**/*.ts', 'src/retention/**/*.ts', 'src/catalog/**/*.ts'],
    rules: forbid(ACTIONS_CORE, EMULATOR, [
      '^node:(?!crypto$|path$|path/posix$|url$|zlib$|util$|buffer$)',
      'This folder decides; it touches no file, network or process.'
    ])
  },
  {
    files: ['src/emulator/*.ts'],
    rules: forbid(['^\\.\\./', 'The emulator imports nothing else of src.'], ACTIONS_CORE)
  },
  {
    files: ['src/emulator/*/*.ts'],
    rules: forbid(['^\\.\\./\\.\\./', 'The emulator imports nothing else of src.'], ACTIONS_CORE)
  },
  {
    files: ['__tests__/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off'
    }
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        AbortSignal: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        console: 'readonly',
        fetch: 'readonly',
        process: 'readonly'
      }
    }
  }
)
