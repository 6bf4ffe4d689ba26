import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { foldersOf } from '../../infra/local/folders.ts'
import { root } from '../../scripts/platform/paths.ts'
import { freeRun } from '../../scripts/platform/scratch-ports.ts'
import type { S3Settings } from '../../services/adapters/objects/s3-client.ts'
import { S3Store } from '../../services/adapters/objects/s3-store.ts'
import { TemporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

/** Finds versitygw on the PATH or where `npm test` has built it. */
export function findVersitygw(): string | undefined {
  const cache = dirname(foldersOf(root, '').jars)
  const built = readdirSync(cache).filter((name) => /^versitygw-v[\d.]+$/.test(name))
  const programs = ['versitygw', ...built.map((folder) => join(cache, folder, 'versitygw'))]
  return programs.find((program) => spawnSync(program, ['--version']).status === 0)
}

/** A running versitygw, an S3 server, with a free port and a temporary folder. */
export class Versitygw implements AsyncDisposable {
  readonly #program: string
  readonly #folder = new TemporaryFolder()
  readonly settings: S3Settings
  #process: ChildProcess | undefined
  #output = ''

  private constructor(program: string, settings: S3Settings) {
    this.#program = program
    this.settings = settings
    for (const path of this.#paths) mkdirSync(path)
  }

  static async start(program: string): Promise<Versitygw> {
    const endpoint = new URL(`http://127.0.0.1:${await freeRun(1)}`)
    const keys = { accessKey: 'test-access', secretKey: 'test-secret-of-the-server' }
    const settings = { endpoint, region: 'us-east-1', bucket: 'etl', ...keys }
    const server = new Versitygw(program, settings)
    await server.startAgain()
    await new S3Store(settings).makeBucket()
    return server
  }

  get #paths(): readonly [data: string, sidecar: string] {
    return [join(this.#folder.path, 'data'), join(this.#folder.path, 'sidecar')]
  }

  /** Starts the server. Resolves when it answers. */
  async startAgain(): Promise<void> {
    const { endpoint, accessKey, secretKey } = this.settings
    const [data, sidecar] = this.#paths
    const args = ['--port', endpoint.host, '--quiet', 'posix', '--sidecar', sidecar, data]
    const env = { ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey }
    const child = spawn(this.#program, args, { env })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    this.#process = child
    await until(
      () => `versitygw answers; its output is:\n${this.#output}`,
      async () => (await fetch(endpoint)).status > 0,
    )
  }

  /** Ends the server. Its folder stays. */
  async stop(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    this.#folder[Symbol.dispose]()
  }
}
