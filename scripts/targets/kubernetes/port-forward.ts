import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { Address } from '../../../infra/topology/addresses.ts'
import { freeRun } from '../../ports/scratch-ports.ts'
import type { Cluster } from './cluster.ts'

/** Milliseconds until the first attempt must have succeeded. Later ones go on in the background. */
const firstMs = 10_000
const pauseMs = 300

/** The processes of kubectl that this process must end. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill()
})

/** A pod, or the object whose pods serve it, e.g. `statefulset/postgres-0`, and its port. */
export type Destination = { readonly object: string; readonly port: number }

/**
 * A port of this machine that leads to a pod. When the pod has ended, it leads to the next one. Nothing listens
 * meanwhile, so clients get an error at once. It ends with this process.
 */
export class PortForward implements Disposable {
  readonly address: Address
  readonly #cluster: Cluster
  readonly #destination: Destination
  #child: ChildProcess | undefined
  #isClosed = false

  private constructor(cluster: Cluster, destination: Destination, address: Address) {
    this.#cluster = cluster
    this.#destination = destination
    this.address = address
  }

  /** Resolves when the port leads to a pod, or after the first failure: the caller's connection then fails. */
  static async open(cluster: Cluster, destination: Destination): Promise<PortForward> {
    const address = { host: '127.0.0.1', port: await freeRun(1) }
    const forward = new PortForward(cluster, destination, address)
    await forward.#start()
    return forward
  }

  /** Resolves when it listens, has failed, or takes too long. */
  #start(): Promise<void> {
    const { object, port } = this.#destination
    const ports = `${this.address.port}:${port}`
    const args = ['port-forward', ...this.#cluster.place, '--address=127.0.0.1', object, ports]
    // Ctrl-C is for this process, which still uses the port then.
    const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
    this.#child = child
    running.add(child)
    child.unref()
    const output: Readable = child.stdout
    // A pipe to a child is a socket.
    if (output instanceof Socket) output.unref()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, firstMs)
      const settle = (): void => {
        clearTimeout(timer)
        resolve()
      }
      output.on('data', settle)
      child.once('error', settle)
      child.once('exit', () => {
        running.delete(child)
        settle()
        this.#startLater()
      })
    })
  }

  #startLater(): void {
    if (this.#isClosed) return
    setTimeout(() => {
      if (!this.#isClosed) void this.#start()
    }, pauseMs).unref()
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#child?.kill()
  }
}

/** The port forwards of one command. Each destination has one. */
export class PortForwards {
  readonly #cluster: Cluster
  readonly #open = new Map<string, Promise<PortForward>>()

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  async to(destination: Destination): Promise<Address> {
    const key = `${destination.object}:${destination.port}`
    const found = this.#open.get(key) ?? PortForward.open(this.#cluster, destination)
    this.#open.set(key, found)
    return (await found).address
  }
}
