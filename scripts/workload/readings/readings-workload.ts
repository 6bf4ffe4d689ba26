import type { Fault } from '../../verify/faults/fault.ts'
import { configuredToken } from '../../platform/ingress-token.ts'
import type { WorkloadPlatform } from '../platform.ts'
import { TopicProgress } from '../topic-progress.ts'
import type { SendingPlan, Judgement, Progress, Workload } from '../workload.ts'
import { Account } from './account.ts'
import { clientFaults } from './client-faults.ts'
import { judgeReadings } from './judge.ts'
import { Load } from './load.ts'
import { poison } from './poison.ts'

type Run = {
  readonly platform: WorkloadPlatform
  readonly rate: number
  readonly account: Account
  readonly load: Load
  readonly topic: TopicProgress
}

/** Readings that vehicles post over HTTP, compared with the rows of the table. */
export class ReadingsWorkload implements Workload {
  readonly unit = 'readings'
  readonly usualRate = 2_000
  readonly storedBy = 'consumer'
  readonly isSentOverHttp = true
  readonly faults: readonly Fault[] = [poison(), ...clientFaults(() => this.#activeRun)]
  #run: Run | undefined

  settings(): readonly string[] {
    return []
  }

  get rate(): number {
    return this.#run?.rate ?? 0
  }

  async begin(platform: WorkloadPlatform, { rate, random }: SendingPlan): Promise<void> {
    await this[Symbol.asyncDispose]()
    const { config, ingressUrl } = platform
    const account = new Account(`V${Math.floor(random() * 2 ** 40).toString(36)}`)
    const url = `${ingressUrl}${config.ingress.path}`
    const token = configuredToken(config) ?? (await platform.gatewayToken())
    const load = new Load({ url, token, rate, account, random })
    this.#run = { platform, rate, account, load, topic: new TopicProgress(platform) }
  }

  async progress(): Promise<Progress> {
    const { account, topic } = this.#activeRun
    const positions = await topic.read()
    return { ...positions, acknowledged: account.acknowledged }
  }

  stop(timeoutSeconds: number): Promise<readonly string[]> {
    return this.#activeRun.load.stop(timeoutSeconds)
  }

  judge(): Promise<Judgement> {
    const { platform, account } = this.#activeRun
    return judgeReadings(platform, account)
  }

  get #activeRun(): Run {
    if (this.#run === undefined) throw new Error('call begin() first: no run has started')
    return this.#run
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run?.load[Symbol.asyncDispose]()
    await this.#run?.topic[Symbol.asyncDispose]()
    this.#run = undefined
  }
}
