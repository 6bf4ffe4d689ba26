import type { Fault } from '../verify/faults/fault.ts'
import type { WorkloadPlatform } from './platform.ts'
import { TopicProgress } from './topic-progress.ts'
import type { Judgement, Progress, SendingPlan, Workload } from './workload.ts'

/** What a run sends, and what it must keep until it is judged. */
export type HttpRun = {
  readonly load: {
    readonly acknowledged: number
    readonly stop: (timeoutSeconds: number) => Promise<readonly string[]>
  }
}

type Started<R> = R & {
  readonly platform: WorkloadPlatform
  readonly rate: number
  readonly topic: TopicProgress
}

/** A workload whose units are posted to the ingress, and which the consumer stores. */
export abstract class HttpWorkload<R extends HttpRun> implements Workload {
  abstract readonly unit: string
  abstract readonly usualRate: number
  readonly storedBy = 'consumer'
  readonly isSentOverHttp = true
  readonly faults: readonly Fault[] = []
  #run: Started<R> | undefined

  /** Starts to send. */
  protected abstract start(platform: WorkloadPlatform, plan: SendingPlan): Promise<R>

  abstract judge(): Promise<Judgement>

  /** Undoes what `start` has changed on the platform. */
  protected cleanUp(_run: Started<R>): Promise<void> {
    return Promise.resolve()
  }

  /** @throws Error before `begin` */
  protected get run(): Started<R> {
    if (this.#run === undefined) throw new Error('call begin() first: no run has started')
    return this.#run
  }

  settings(): readonly string[] {
    return []
  }

  get rate(): number {
    return this.#run?.rate ?? 0
  }

  async begin(platform: WorkloadPlatform, plan: SendingPlan): Promise<void> {
    await this[Symbol.asyncDispose]()
    const run = await this.start(platform, plan)
    this.#run = { ...run, platform, rate: plan.rate, topic: new TopicProgress(platform) }
  }

  async progress(): Promise<Progress> {
    const { load, topic } = this.run
    const positions = await topic.read()
    return { ...positions, acknowledged: load.acknowledged }
  }

  stop(timeoutSeconds: number): Promise<readonly string[]> {
    return this.run.load.stop(timeoutSeconds)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const run = this.#run
    this.#run = undefined
    if (run === undefined) return
    await run.load.stop(0)
    await run.topic[Symbol.asyncDispose]()
    await this.cleanUp(run)
  }
}
