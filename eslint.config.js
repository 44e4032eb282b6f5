import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/** The modes: a mode's directory imports no other mode's directory. */
const MODES = ['login', 'ensure-repo', 'sync-catalog', 'push-tar', 'cleanup-tags']

/** The directories of src, from the lowest layer up. A directory imports only itself and the layers below it. */
const LAYERS = [
  ['runner'],
  ['oci', 'http'],
  ['ecr-public', 'image-archive', 'registry-client'],
  MODES
]

/** Directories that compute values from values. They touch no file, network, clock or process. */
const PURE = ['src/oci', 'src/sync-catalog/markdown', 'src/cleanup-tags/rules']

const PURE_IMPORTS = {
  regex: '^node:(?!crypto$|path$|path/posix$|url$|zlib$|util$|buffer$)',
  message: 'This directory is pure: it touches no file, network, clock or process.'
}

const RUNNER_ONLY = {
  regex: '^@actions/(core|exec)$',
  message: 'Only runner/ reads inputs, writes outputs, summary and log, and starts processes.'
}

/** A pattern that matches an import of one of these directories of src from any depth. */
const directories = (names) => `^(\\.\\./)+(${names.join('|')})(/|\\.js$)`

/** The imports that the directory `name` must not use. */
function forbiddenImports(name, depth) {
  const layer = LAYERS.findIndex((names) => names.includes(name))
  const above = LAYERS.slice(layer + 1).flat()
  const siblings = MODES.includes(name) ? MODES.filter((mode) => mode !== name) : []
  const patterns = [
    {
      regex: directories(['emulator', 'quick-start', 'main', 'post', 'index']),
      message: 'The entry points, the emulator and the quick start are not libraries.'
    }
  ]
  if (above.length + siblings.length > 0) {
    patterns.push({
      regex: `^(\\.\\./){${String(depth)}}(${[...above, ...siblings].join('|')})/`,
      message: `${name}/ must not import a directory of a higher layer or of another mode.`
    })
  }
  if (name !== 'runner') patterns.push(RUNNER_ONLY)
  return patterns
}

const restrict = (patterns) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { patterns }]
})

/** One rule set per directory and depth, since an import path depends on the depth of its file. */
function layerRules() {
  return LAYERS.flat().flatMap((name) =>
    [1, 2, 3].map((depth) => {
      const directory = `src/${name}${'/*'.repeat(depth - 1)}`
      return {
        files: [`${directory}/*.ts`],
        rules: restrict(forbiddenImports(name, depth))
      }
    })
  )
}

/** The rules of the layers again for pure directories, with what a pure directory must not import. */
function pureRules() {
  return PURE.map((directory) => {
    const [, name] = directory.split('/')
    const depth = directory.split('/').length - 1
    return {
      files: [`${directory}/*.ts`],
      rules: restrict([...forbiddenImports(name, depth), PURE_IMPORTS])
    }
  })
}

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
      '@typescript-eslint/no-import-type-side-effects': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportSpecifier[importKind="type"]',
          message: 'Write "import type" in its own statement.'
        },
        {
          selector:
            'PropertyDefinition[key.type="PrivateIdentifier"], MethodDefinition[key.type="PrivateIdentifier"]',
          message: 'Use "private", not "#".'
        }
      ],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }
      ],
      // `||` is intended if the runner sets a variable to the empty string.
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }]
    }
  },
  ...layerRules(),
  ...pureRules(),
  {
    // A function fits on a screen.
    files: ['src/**/*.ts'],
    rules: { 'max-lines': ['error', 300], 'max-lines-per-function': ['error', 40] }
  },
  ...[1, 2, 3].map((depth) => ({
    files: [`src/emulator${'/*'.repeat(depth - 1)}/*.ts`],
    rules: restrict([
      {
        regex: `^(\\.\\./){${String(depth)}}`,
        message: 'The emulator imports nothing else of src.'
      },
      RUNNER_ONLY
    ])
  })),
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
