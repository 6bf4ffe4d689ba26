import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { foldersOf } from '../../infra/local/folders.ts'
import { root } from '../../scripts/platform/paths.ts'
import { freeRun } from '../../scripts/ports/scratch-ports.ts'
import { until } from './until.ts'

type Programs = { readonly prometheus: string; readonly promtool: string }

/** Finds Prometheus and promtool on the PATH or where `npm test` has unpacked them. */
export function findPrometheus(): Programs | undefined {
  // Next to Kafka's jars.
  const unpacked = join(dirname(foldersOf(root, '').jars), 'prometheus', 'usr', 'bin')
  const works = (name: string): boolean => spawnSync(name, ['--version']).status === 0
  for (const folder of ['', unpacked]) {
    const programs = {
      prometheus: join(folder, 'prometheus'),
      promtool: join(folder, 'promtool'),
    }
    if (Object.values(programs).every(works)) return programs
  }
  return undefined
}

export type Sample = {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [at: number, value: string]
}
type FoundTarget = { readonly labels: { readonly job: string }; readonly health: string }
export type ActiveAlert = {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: string
}
type LoadedRule = { readonly name: string; readonly health: string; readonly lastError?: string }

/** A running Prometheus with a free port and a temporary folder. */
export class Prometheus implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #folder: string
  readonly #api: string
  #output = ''

  private constructor(process: ChildProcess, folder: string, port: number) {
    this.#process = process
    this.#folder = folder
    this.#api = `http://127.0.0.1:${port}/api/v1`
    for (const stream of [process.stdout, process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    }
  }

  /** @param files configuration files by name; Prometheus reads `prometheus.yml` first */
  static async start(
    { prometheus }: Programs,
    files: Readonly<Record<string, string>>,
  ): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'av-prometheus-'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const port = await freeRun(1)
    const child = spawn(prometheus, [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'series')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ])
    const started = new Prometheus(child, folder, port)
    await until(
      () => `Prometheus responds; its output is:\n${started.#output}`,
      () => started.targets(),
    )
    return started
  }

  async #request<T>(path: string, form?: Readonly<Record<string, string>>): Promise<T> {
    const body = form && new URLSearchParams(form)
    const response = await fetch(`${this.#api}/${path}`, body ? { method: 'POST', body } : {})
    const answer = (await response.json()) as { status: string; error?: string; data: T }
    if (answer.status !== 'success')
      throw new Error(`Prometheus ${path} failed: ${answer.error ?? answer.status}`)
    return answer.data
  }

  async targets(): Promise<readonly FoundTarget[]> {
    return (await this.#request<{ activeTargets: FoundTarget[] }>('targets')).activeTargets
  }

  /** @throws Error if the expression cannot be parsed or evaluated */
  async query(expr: string): Promise<readonly Sample[]> {
    return (await this.#request<{ result: Sample[] }>('query', { query: expr })).result
  }

  /** Alerts that are pending or firing. */
  async alerts(): Promise<readonly ActiveAlert[]> {
    return (await this.#request<{ alerts: ActiveAlert[] }>('alerts')).alerts
  }

  async rules(): Promise<readonly LoadedRule[]> {
    const { groups } = await this.#request<{ groups: { rules: LoadedRule[] }[] }>('rules')
    return groups.flatMap(({ rules }) => rules)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, 'exit')
      this.#process.kill('SIGTERM')
      await ended
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
