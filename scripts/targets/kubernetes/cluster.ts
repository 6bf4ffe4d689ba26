import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../../infra/checks/user-error.ts'
import { kubectl } from '../../../infra/kubernetes/cluster/kubectl.ts'
import { SilentTargetError } from '../target.ts'

/** Time for an answer of the API server. */
const requestTimeout = '15s'

/** kubectl has no context, so there is no cluster. */
export class NoContextError extends UserError {}

/** Objects of one namespace of a cluster, through `kubectl`. */
export class Cluster {
  /** The context of kubectl. It stays the same if the user chooses another one meanwhile. */
  readonly context: string
  readonly namespace: string

  constructor(context: string, namespace: string) {
    this.context = context
    this.namespace = namespace
  }

  /**
   * @param context of kubectl; undefined: the current one
   * @throws NoContextError if there is none; UserError if kubectl is not installed
   */
  static async open(namespace: string, context?: string): Promise<Cluster> {
    return new Cluster(context ?? (await currentContext()), namespace)
  }

  /** The arguments that choose cluster and namespace. */
  get place(): readonly string[] {
    return [`--context=${this.context}`, `--namespace=${this.namespace}`]
  }

  /**
   * Runs `kubectl VERB` in the namespace.
   *
   * @returns its standard output
   * @throws UserError if the cluster does not answer or refuses the request; else an error with kubectl's message
   */
  async run(verb: string, ...args: readonly string[]): Promise<string> {
    try {
      return await kubectl(verb, ...args, ...this.place, `--request-timeout=${requestTimeout}`)
    } catch (error) {
      throw this.#explain(error, `${verb} ${args[0] ?? ''}`)
    }
  }

  /** @returns undefined if there is no such object */
  async get<Answer>(kind: string, name: string): Promise<Answer | undefined> {
    const text = await this.run('get', kind, name, '--ignore-not-found', '--output=json')
    return text === '' ? undefined : (JSON.parse(text) as Answer)
  }

  /** The objects of a kind with these labels. */
  async list<Item>(
    kind: string,
    labels: Readonly<Record<string, string>>,
    ...more: readonly string[]
  ): Promise<readonly Item[]> {
    const text = await this.run('get', kind, selector(labels), '--output=json', ...more)
    return (JSON.parse(text) as { readonly items: readonly Item[] }).items
  }

  /** Waits until all pods of a StatefulSet or Deployment are new and ready. */
  async untilReady(object: string, seconds: number): Promise<void> {
    await kubectl('rollout', 'status', object, `--timeout=${seconds}s`, ...this.place)
  }

  /** Creates objects. Their text may be long, so it is no argument. */
  async create(objects: readonly object[]): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-'))
    try {
      const file = join(folder, 'objects.json')
      const list = { apiVersion: 'v1', kind: 'List', items: objects }
      writeFileSync(file, JSON.stringify(list), { mode: 0o600 })
      await this.run('create', `--filename=${file}`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  #explain(error: unknown, request: string): unknown {
    if (error instanceof UserError) return error
    const message = (error as Error).message.replace(/^kubectl .* failed: /, '')
    const reason = message.trim().split('\n').at(-1) ?? ''
    if (/context .*does not exist|context was not found/.test(message)) {
      return new UserError(
        `kubectl has no context ${this.context}. kubectl config get-contexts lists those that it has.`,
      )
    }
    if (/\(Unauthorized\)|must be logged in/.test(message)) {
      return new UserError(
        `The cluster of the context ${this.context} does not allow "kubectl ${request}" in the namespace ${this.namespace} (${reason}). Log in with a user who may do this, or choose another context with --context.`,
      )
    }
    if (silence.test(message)) {
      return new SilentTargetError(
        `The cluster of the context ${this.context} does not answer (${reason}). Check it with kubectl cluster-info, or choose another context with --context.`,
      )
    }
    return new Error(`kubectl ${request} failed: ${reason}`, { cause: error })
  }
}

/** Messages of kubectl about an API server that cannot be reached. */
const silence =
  /Unable to connect|connection to the server .* was refused|no such host|(i\/o|handshake) timeout|Client\.Timeout|\(Timeout\)|deadline exceeded|connection refused|ServiceUnavailable|EOF/

export const selector = (labels: Readonly<Record<string, string>>): string =>
  `--selector=${Object.entries(labels)
    .map((pair) => pair.join('='))
    .join(',')}`

async function currentContext(): Promise<string> {
  const context = await kubectl('config', 'current-context').catch((error: unknown) => {
    if (error instanceof UserError) throw error
    return ''
  })
  if (context !== '') return context
  throw new NoContextError(
    'kubectl has no current context. Choose the cluster: kubectl config get-contexts; kubectl config use-context NAME',
  )
}
