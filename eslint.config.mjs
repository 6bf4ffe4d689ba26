import js from '@eslint/js'
import tseslint from 'typescript-eslint'

const noNodeModules = {
  patterns: [
    {
      group: ['node:*'],
      message: 'The core must not import Node.js modules. Pass in the values that it needs.',
    },
  ],
}

const endlessMkdir = {
  selector: "CallExpression[callee.name=/^mkdir(Sync)?$/]:has(Property[key.name='recursive'])",
  message: 'It never returns for a folder below /proc. Use makePath (make-path.mjs).',
}

/** The core: folders without input and output. */
const pureFolders = ['services/telemetry/**', 'services/ledger/**', 'services/pipelines/**']

export default tseslint.config(
  { ignores: ['node_modules/', '.state/', 'coverage/'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true },
    },
    rules: {
      complexity: ['error', 10],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 3],
      'no-console': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
    },
  },
  {
    files: pureFolders,
    rules: {
      'no-restricted-imports': ['error', noNodeModules],
      'no-restricted-globals': [
        'error',
        'process',
        'Buffer',
        'setTimeout',
        'setInterval',
        'performance',
        'crypto',
        'fetch',
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'The time is an argument.',
        },
      ],
    },
  },
  {
    // Only files named config.ts read the environment; lifecycle.ts passes it to them.
    files: ['services/**', 'fleet/**'],
    ignores: ['services/runtime/lifecycle.ts', '**/config.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
      ],
    },
  },
  {
    files: pureFolders,
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'The time is an argument.' },
        { object: 'Math', property: 'random', message: 'Randomness is an argument.' },
      ],
    },
  },
  {
    files: ['services/dashboard/api/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "ImportDeclaration[importKind='value'], ExportNamedDeclaration[exportKind='value'], ExportDefaultDeclaration",
          message: 'Server and page share types alone: nothing here runs.',
        },
      ],
    },
  },
  {
    files: ['infra/**', 'scripts/**', 'fleet/**', 'services/{runtime,adapters,stream}/**'],
    rules: { 'no-restricted-syntax': ['error', endlessMkdir] },
  },
  {
    files: ['tests/**'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['**/*.{mjs,cjs}'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['**/*.{mjs,cjs}'],
    languageOptions: {
      globals: {
        process: 'readonly',
        AbortController: 'readonly',
        URL: 'readonly',
        module: 'writable',
        performance: 'readonly',
        require: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
)
