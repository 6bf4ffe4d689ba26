import type { Fault } from '../../verify/faults/fault.ts'
import { configuredToken } from '../../platform/ingress-token.ts'
import { HttpWorkload } from '../http-workload.ts'
import type { WorkloadPlatform } from '../platform.ts'
import type { SendingPlan, Judgement } from '../workload.ts'
import { Account } from './account.ts'
import { clientFaults } from './client-faults.ts'
import { judgeReadings } from './judge.ts'
import { Load } from './load.ts'
import { poison } from './poison.ts'

type Run = { readonly account: Account; readonly load: Load }

/** Readings that vehicles post over HTTP, compared with the rows of the table. */
export class ReadingsWorkload extends HttpWorkload<Run> {
  readonly unit = 'readings'
  readonly usualRate = 2_000
  override readonly faults: readonly Fault[] = [poison(), ...clientFaults(() => this.run)]

  protected async start(platform: WorkloadPlatform, { rate, random }: SendingPlan): Promise<Run> {
    const { config, ingressUrl } = platform
    const account = new Account(`V${Math.floor(random() * 2 ** 40).toString(36)}`)
    const url = `${ingressUrl}${config.ingress.path}`
    const token = configuredToken(config) ?? (await platform.platformToken())
    return { account, load: new Load({ url, token, rate, account, random }) }
  }

  judge(): Promise<Judgement> {
    const { platform, account } = this.run
    return judgeReadings(platform, account)
  }
}
