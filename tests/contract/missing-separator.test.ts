import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { commands } from '../support/contracts/commands.ts'
import { runToRefusal } from '../support/refused-command.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

/** npm sets its log level by --verbose, reads --days as -d, -a, -y and -s, and has an option --name with a value. */
const readByNpm = ['verbose', 'days', 'to', 'name']

/** The variables of the tests without those of npm. */
const outerEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)),
)

/** A package whose script prints the options that npm took, with the files that npm reads. */
class PackageWithScript implements Disposable {
  readonly #folder = new TemporaryFolder()
  readonly #user = join(this.#folder.path, 'user.npmrc')
  readonly #clone = join(this.#folder.path, 'clone')

  constructor() {
    mkdirSync(this.#clone)
    const tsx = createRequire(import.meta.url).resolve('tsx')
    const program = join(root, 'tests', 'support', 'print-taken-options.ts')
    const script = `exec "${process.execPath}" --import "${tsx}" "${program}"`
    writeFileSync(
      join(this.#clone, 'package.json'),
      JSON.stringify({ name: 'clone', scripts: { print: script } }),
    )
    this.withFiles({ user: '', clone: '' })
  }

  withFiles({ user, clone }: Readonly<Record<'user' | 'clone', string>>): this {
    writeFileSync(this.#user, user)
    writeFileSync(join(this.#clone, '.npmrc'), clone)
    return this
  }

  run(
    options: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Readonly<Record<string, string>> {
    const { stdout } = spawnSync('npm', ['run', '--silent', 'print', ...options], {
      cwd: this.#clone,
      env: { ...outerEnv, NPM_CONFIG_USERCONFIG: this.#user, ...env },
      encoding: 'utf8',
    })
    return JSON.parse(stdout) as Record<string, string>
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

describe('options before which the -- is missing', function () {
  this.timeout(60_000)
  let names: string[]
  let variables: string[]

  before(async () => {
    const entries = Object.keys(await commands())
    const found = entries.flatMap((entry) => / --([a-z-]+)$/.exec(entry)?.[1] ?? [])
    names = [...new Set(found)].filter((name) => !readByNpm.includes(name))
    variables = names.map((name) => name.replaceAll('-', '_'))
    expect(names).to.include.members(['num-vehicles', 'json', 'yes', 'config', 'set', 'limit'])
  })

  it('are found for every option of every command', () => {
    using clone = new PackageWithScript()
    const taken = clone.run(names.map((name) => `--${name}`))
    expect(taken).to.include(Object.fromEntries(variables.map((name) => [name, 'true'])))
    expect(clone.run(['--days'])).to.include({ all: 'true' })
    expect(clone.run(['--to'])).to.include.any.keys('to', 'token_description')
    expect(clone.run(['--name=Van 12'])).to.include({ name: 'Van 12' })
  })

  it('are found with their values', () => {
    using clone = new PackageWithScript()
    expect(clone.run(['--seed=7', '--set=a=b', '--set=c=d', '-c', 'file'])).to.include({
      seed: '7',
      set: 'a=b\n\nc=d',
      call: 'file',
    })
  })

  it('are not settings of the user, of the clone and of the shell', function () {
    if (process.platform !== 'linux') this.skip()
    using clone = new PackageWithScript()
    const half = Math.floor(names.length / 2)
    const user = names.slice(0, half).map((name) => `${name} = true\n`)
    const own = variables.slice(half).map((name) => `${name}[]=1\n`)
    clone.withFiles({ user: user.join(''), clone: own.join('') })
    expect(clone.run([])).to.not.have.any.keys(variables)
    clone.withFiles({ user: '', clone: '' })
    const shell = names.map((name, index): [string, string] => {
      const variable = `npm_config_${name.replaceAll('-', '_')}`
      return [index % 2 === 0 ? variable : variable.toUpperCase(), 'true']
    })
    expect(clone.run([], Object.fromEntries(shell))).to.not.have.any.keys(variables)
  })

  for (const [given, options, line] of [
    ['fleet --num-vehicles 50', '--num-vehicles', 'npm run fleet -- --num-vehicles 50'],
    ['fleet --seed 7 --down', '--down and --seed', 'npm run fleet -- --down --seed 7'],
    ['sql --target local "select 1"', '--target', "npm run sql -- --target local 'select 1'"],
    ['dead-letters list --all', '--all', 'npm run dead-letters -- list --all'],
    ['drop a.csv --to orders', '--to', 'npm run drop -- --to orders a.csv'],
    ['start --fresh', '--fresh', 'npm start -- --fresh'],
    [
      'size --vehicles=5 --interval=1',
      '--vehicles and --interval',
      'npm run size -- --vehicles 5 --interval 1',
    ],
  ] as const) {
    it(`npm run ${given} prints the right command line`, () => {
      const { code, lines } = runToRefusal(`npm run --silent ${given}`)
      expect(lines[0]).to.equal(
        `error: npm took ${options}, because "--" is missing; the right command line is: ${line}`,
      )
      expect(code).to.equal(2)
    })
  }
})
