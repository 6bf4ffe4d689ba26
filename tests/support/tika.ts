import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { foldersOf } from '../../infra/local/folders.ts'
import { javaProgram, root } from '../../scripts/platform/paths.ts'
import { freeRun } from '../../scripts/ports/scratch-ports.ts'
import { until } from './until.ts'

/** For users without Tika. */
export const noTika =
  'There is no Apache Tika, so these tests are skipped. npm test downloads it, or set TIKA_URL to the address of a server.'

/** The jar that `npm test` has downloaded; undefined if there is none. */
function findJar(): string | undefined {
  const cache = dirname(foldersOf(root, '').jars)
  const folders = existsSync(cache) ? readdirSync(cache) : []
  const jars = folders
    .filter((name) => /^tika-[\d.]+$/.test(name))
    .flatMap((name) => readdirSync(join(cache, name)).map((jar) => join(cache, name, jar)))
  return jars.find((path) => path.endsWith('.jar'))
}

/** An Apache Tika server: the one that `TIKA_URL` names, or one that is started with a free port. */
export class Tika implements AsyncDisposable {
  readonly url: string
  readonly #process: ChildProcess | undefined

  private constructor(url: string, process?: ChildProcess) {
    this.url = url
    this.#process = process
  }

  /** Resolves when it answers. Undefined if there is none. */
  static async start(): Promise<Tika | undefined> {
    const given = process.env['TIKA_URL']
    if (given !== undefined) return new Tika(given)
    const jar = findJar()
    if (jar === undefined) return undefined
    const port = await freeRun(1)
    const options = ['-Xmx192m', '-XX:+UseSerialGC', '-jar', jar]
    // In one process: by default it starts a second one.
    const child = spawn(javaProgram(), [
      ...options,
      ...['--noFork', '--host', '127.0.0.1', '--port', String(port)],
    ])
    const server = new Tika(`http://127.0.0.1:${port}`, child)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    try {
      const answers = () =>
        fetch(`${server.url}/version`).then(
          ({ ok }) => ok,
          () => false,
        )
      await until(() => `Tika answers; its output is:\n${output}`, answers, 60)
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
}
