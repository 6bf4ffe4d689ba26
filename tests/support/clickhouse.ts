import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { foldersOf } from '../../infra/local/folders.ts'
import { root } from '../../scripts/platform/paths.ts'
import { freeRun } from '../../scripts/ports/scratch-ports.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

/** The folder of the packages that `npm test` has unpacked; undefined if there is none. */
export function findClickHouse(): string | undefined {
  const folder = join(dirname(foldersOf(root, '').jars), 'clickhouse')
  return existsSync(join(folder, 'usr', 'sbin', 'clickhouse-server')) ? folder : undefined
}

/** A ClickHouse server with a free port and a temporary folder. Its user `default` has a password. */
export class ClickHouse implements AsyncDisposable {
  readonly #packages: string
  readonly #folder = new TemporaryFolder()
  readonly url: string
  readonly password = 'secret-of-clickhouse'
  #process: ChildProcess | undefined
  #output = ''

  private constructor(packages: string, port: number) {
    this.#packages = packages
    this.url = `http://127.0.0.1:${port}`
    const path = this.#folder.path
    for (const name of ['data', 'tmp']) mkdirSync(join(path, name))
    writeFileSync(join(path, 'config.xml'), configuration(path, port))
    writeFileSync(join(path, 'users.xml'), users(this.password))
  }

  static async start(packages: string): Promise<ClickHouse> {
    const server = new ClickHouse(packages, await freeRun(1))
    await server.startAgain()
    return server
  }

  /** Starts the server. Resolves when it answers. */
  async startAgain(): Promise<void> {
    const libraries = ['lib', join('usr', 'lib')].flatMap((name) => {
      const folder = join(this.#packages, name)
      return existsSync(folder) ? readdirSync(folder).map((each) => join(folder, each)) : []
    })
    const program = join(this.#packages, 'usr', 'sbin', 'clickhouse-server')
    const child = spawn(program, [`--config-file=${join(this.#folder.path, 'config.xml')}`], {
      env: { LD_LIBRARY_PATH: libraries.join(':') },
    })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    this.#process = child
    const answers = () => this.query('SELECT 1').then(Boolean, () => false)
    await until(() => `ClickHouse answers; its output is:\n${this.#output}`, answers)
  }

  /** Runs a statement. @returns the rows */
  async query(text: string): Promise<Record<string, unknown>[]> {
    const headers = { 'X-ClickHouse-User': 'default', 'X-ClickHouse-Key': this.password }
    const body = `${text} FORMAT JSONEachRow`
    const response = await fetch(this.url, { method: 'POST', headers, body })
    const answer = await response.text()
    if (!response.ok) throw new Error(answer)
    const lines = answer.split('\n').filter((line) => line !== '')
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  /** Stops the server without ending it: it accepts connections, and does not answer. */
  suspend(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** Kills the server. Its folder stays. */
  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    this.#folder[Symbol.dispose]()
  }
}

const configuration = (path: string, port: number): string => `<yandex>
<logger><level>warning</level><console>1</console></logger>
<http_port>${port}</http_port><listen_host>127.0.0.1</listen_host>
<path>${path}/data/</path><tmp_path>${path}/tmp/</tmp_path>
<users_config>users.xml</users_config><mark_cache_size>16777216</mark_cache_size>
<default_profile>default</default_profile><default_database>default</default_database>
</yandex>
`

const users = (password: string): string => `<yandex>
<profiles><default></default></profiles><quotas><default></default></quotas>
<users><default><password>${password}</password><networks><ip>127.0.0.1</ip></networks>
<profile>default</profile><quota>default</quota></default></users>
</yandex>
`
