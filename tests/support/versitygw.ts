import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { foldersOf } from '../../infra/local/folders.ts'
import { root } from '../../scripts/platform/paths.ts'
import { freeRun } from '../../scripts/platform/scratch-ports.ts'
import type { S3Settings } from '../../services/adapters/objects/s3-store.ts'
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
  readonly #process: ChildProcess
  readonly #folder: TemporaryFolder
  readonly settings: S3Settings
  #output = ''

  private constructor(process: ChildProcess, folder: TemporaryFolder, settings: S3Settings) {
    this.#process = process
    this.#folder = folder
    this.settings = settings
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    }
  }

  static async start(program: string): Promise<Versitygw> {
    const folder = new TemporaryFolder()
    const [data, sidecar] = [join(folder.path, 'data'), join(folder.path, 'sidecar')]
    for (const path of [data, sidecar]) mkdirSync(path)
    const port = await freeRun(1)
    const keys = { accessKey: 'test-access', secretKey: 'test-secret-of-the-server' }
    const args = ['--port', `127.0.0.1:${port}`, '--quiet', 'posix', '--sidecar', sidecar, data]
    const env = { ROOT_ACCESS_KEY: keys.accessKey, ROOT_SECRET_KEY: keys.secretKey }
    const child = spawn(program, args, { env })
    const endpoint = new URL(`http://127.0.0.1:${port}`)
    const settings = { endpoint, region: 'us-east-1', bucket: 'etl', ...keys }
    const started = new Versitygw(child, folder, settings)
    await until(
      () => `versitygw answers; its output is:\n${started.#output}`,
      async () => (await fetch(endpoint)).status > 0,
    )
    return started
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit')
      this.#process.kill('SIGTERM')
      await ended
    }
    this.#folder[Symbol.dispose]()
  }
}
