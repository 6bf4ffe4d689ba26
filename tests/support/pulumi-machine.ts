import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { root } from '../../scripts/platform/paths.ts'

/** Runs a script as a user does. */
export function runScript(env: NodeJS.ProcessEnv, script: string, ...args: readonly string[]) {
  const { status, stdout } = spawnSync(join(root, 'scripts', script), args, { env })
  return { status, output: stdout.toString() }
}

/** A stand-in for docker. `docker ps` prints the file `containers`: platform, stack and ports of each. */
const engineProgram = `#!/bin/sh
case $1 in
  version) echo 'linux/amd64 1.44' ;;
  ps) cat "$(dirname "$0")/containers" ;;
esac
`
/**
 * A stand-in for pulumi that records its arguments. It knows no login unless the file `login` exists. The
 * output `psql` of each stack is in the file `psql`.
 */
const pulumiProgram = `#!/bin/sh
echo "$*" >> "$(dirname "$0")/asked"
[ "$1 $2 $3" != 'stack output psql' ] || cat "$(dirname "$0")/psql"
[ "$1" != whoami ] || [ -e "$(dirname "$0")/login" ] || { echo 'error: the token has expired' >&2; exit 1; }
`

/** A machine with an engine and with Pulumi. */
export class PulumiMachine implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'av-telemetry-pulumi-'))
  readonly #programs = join(this.home, 'programs')

  constructor() {
    mkdirSync(this.#programs)
    for (const [name, text] of [
      ['docker', engineProgram],
      ['pulumi', pulumiProgram],
      ['containers', ''],
      ['psql', ''],
      ['asked', ''],
    ] as const) {
      writeFileSync(join(this.#programs, name), text, { mode: 0o755 })
    }
  }

  /** @param credentials of Pulumi, in its home or in a separate folder */
  withCredentials(credentials: string, folder = this.home): this {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'credentials.json'), credentials)
    return this
  }

  /** Pulumi is logged in. */
  withLogin(): this {
    writeFileSync(join(this.#programs, 'login'), '')
    return this
  }

  /** All stacks have this output. */
  withPsql(line: string): this {
    writeFileSync(join(this.#programs, 'psql'), `${line}\n`)
    return this
  }

  /** The engine has a container of the default platform, created by this stack. */
  withPlatformOf(stack: string): this {
    writeFileSync(join(this.#programs, 'containers'), `av_telemetry\t${stack}\t\n`)
    return this
  }

  run(script: string, more: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const isOther = ([name]: readonly [string, unknown]): boolean => !name.startsWith('PULUMI_')
    const env = {
      ...Object.fromEntries(Object.entries(process.env).filter(isOther)),
      PATH: [this.#programs, process.env['PATH']].join(delimiter),
      PULUMI_HOME: this.home,
      ...more,
    }
    const { status, output } = runScript(env, script, ...args)
    const asked = readFileSync(join(this.#programs, 'asked'), 'utf8')
    const calls = asked.split('\n').filter((line) => line !== '')
    return { status, output, calls }
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true })
  }
}
