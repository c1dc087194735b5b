/*
 * Linting of the front end. The rooms of js/src import only from lower floors:
 * schema <- state <- draw <- views <- transport, widget.ts, report.ts, lab. Only lab knows
 * JupyterLab.
 */
import tseslint from 'typescript-eslint';

const ROOMS = ['state', 'draw', 'views', 'transport', 'lab'];
const JUPYTER = ['@jupyterlab/*', '@lumino/*'];

/** Rules for one room: which rooms it may not look into, and no JupyterLab. */
function room(name, mayUse) {
  const closed = ROOMS.filter(other => other !== name && !mayUse.includes(other));
  const group = [...closed.map(other => `**/${other}/**`), '**/widget', '**/report'];
  return {
    files: [`js/src/${name}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group,
              message: `The room ${name} may use: schema, ${mayUse.join(', ') || 'nothing else'}.`
            },
            ...(name === 'lab'
              ? []
              : [{ group: JUPYTER, message: 'Only the room lab may use JupyterLab.' }])
          ]
        }
      ]
    }
  };
}

export default tseslint.config(
  {
    ignores: [
      'js/lib/**',
      'mandala_lab/**',
      'node_modules/**',
      '.venv*/**',
      'demo-output/**',
      'build/**',
      'dist/**',
      'coverage/**'
    ]
  },
  {
    files: ['js/**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: 'js/tsconfig.test.json' } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/explicit-function-return-type': ['error', { allowExpressions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
      'no-restricted-properties': [
        'error',
        ...['innerHTML', 'outerHTML', 'insertAdjacentHTML'].map(property => ({
          property,
          message: 'Text from a kernel must never become markup: use textContent.'
        }))
      ],
      eqeqeq: 'error'
    }
  },
  { files: ['js/src/schema/**/*.ts'], rules: { 'max-lines': 'off' } },
  room('state', []),
  room('draw', ['state']),
  room('views', ['state', 'draw']),
  room('transport', ['state']),
  room('lab', ['state', 'draw', 'views']),
  {
    files: ['js/src/widget.ts', 'js/src/report.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['**/lab/**', ...JUPYTER], message: 'Widget and report run outside Lab.' }
          ]
        }
      ]
    }
  },
  {
    files: ['js/test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' }
  }
);
