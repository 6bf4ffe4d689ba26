import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { kubectlGet } from '../../infra/kubernetes/cluster/kubectl.ts'
import { isOwnCluster } from './own-cluster.ts'

type Service = {
  readonly spec: {
    readonly clusterIP: string
    readonly ports: readonly { readonly name: string; readonly port: number }[]
  }
}

/** How this machine reaches the ingress: as a node by its Service, else through `kubectl port-forward`. */
export class IngressAddress implements Disposable {
  readonly #namespace: string
  #forward: ChildProcess | undefined
  /** Without a path. */
  url = ''

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  async find(): Promise<void> {
    const { spec } =
      (await kubectlGet<Service>('service', 'ingress', `--namespace=${this.#namespace}`)) ??
      ({ spec: { clusterIP: '', ports: [] } } satisfies Service)
    const port = spec.ports.find(({ name }) => name === 'main')?.port ?? 0
    this.url = isOwnCluster ? `http://${spec.clusterIP}:${port}` : await this.#startForward(port)
  }

  async #startForward(port: number): Promise<string> {
    this[Symbol.dispose]()
    const args = ['port-forward', `--namespace=${this.#namespace}`, 'service/ingress', `:${port}`]
    const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#forward = child
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const [, local = ''] = /127\.0\.0\.1:(\d+)/.exec(line.toString()) ?? []
    return `http://127.0.0.1:${local}`
  }

  [Symbol.dispose](): void {
    this.#forward?.kill()
  }
}
