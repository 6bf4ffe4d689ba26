import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { foldersOf } from '../../infra/local/folders.ts'
import type { S3Settings } from '../../services/adapters/objects/s3-client.ts'
import { S3Store } from '../../services/adapters/objects/s3-store.ts'
import { sleep } from '../../services/runtime/retry.ts'
import { testFolder } from '../test/leftovers.ts'
import { root } from './paths.ts'
import { freeRun } from '../ports/scratch-ports.ts'

/** For users without versitygw: a part of a sentence. */
export const noVersitygw =
  'versitygw, an S3 server, is not installed. Install Go (go.dev) and run npm test, which builds it, or put versitygw into PATH'

/** Finds versitygw on the PATH or where `npm test` has built it. */
export function findVersitygw(): string | undefined {
  const cache = dirname(foldersOf(root, '').jars)
  const built = (existsSync(cache) ? readdirSync(cache) : []).filter((name) =>
    /^versitygw-v[\d.]+$/.test(name),
  )
  const programs = ['versitygw', ...built.map((folder) => join(cache, folder, 'versitygw'))]
  return programs.find((program) => spawnSync(program, ['--version']).status === 0)
}

const startTimeoutMs = 30_000
const pollMs = 50

/** A running versitygw, an S3 server with one bucket, with a free port and a temporary folder. */
export class Versitygw implements AsyncDisposable {
  readonly #program: string
  readonly #folder = mkdtempSync(join(testFolder(), 'av-telemetry-s3-'))
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
    try {
      await server.startAgain()
      await new S3Store(settings).makeBucket()
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return server
  }

  get #paths(): readonly [data: string, sidecar: string] {
    return [join(this.#folder, 'data'), join(this.#folder, 'sidecar')]
  }

  /** The settings of a platform that uses this bucket, as a user writes them. */
  platformSettings(): string[] {
    const { endpoint, region, bucket, accessKey, secretKey } = this.settings
    const keyFile = (name: string, key: string): string => {
      const path = join(this.#folder, name)
      writeFileSync(path, `${key}\n`, { mode: 0o600 })
      return path
    }
    return [
      ...[`objects.endpoint=${endpoint.origin}`, `objects.region=${region}`],
      `objects.bucket=${bucket}`,
      `objects.accessKeyFile=${keyFile('access-key', accessKey)}`,
      `objects.secretKeyFile=${keyFile('secret-key', secretKey)}`,
    ]
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
    const deadline = Date.now() + startTimeoutMs
    while (!(await isAnswering(endpoint))) {
      if (Date.now() > deadline)
        throw new Error(`versitygw does not answer; its output is:\n${this.#output}`)
      await sleep(pollMs)
    }
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
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Any status is an answer. */
const isAnswering = (endpoint: URL): Promise<boolean> =>
  fetch(endpoint).then(
    () => true,
    () => false,
  )
