import type { LastCheck } from '../../adapters/postgres/ledger/account-store.ts'
import { toAccount } from '../../ledger/account.ts'
import { toPercentiles } from '../../telemetry/percentiles.ts'
import type { Health as HealthJson, HealthWithHistory, Ledger } from '../api/health.ts'
import { everySeconds, HealthHistory } from './health-history.ts'
import type { PlatformView } from './platform-monitor.ts'
import { RateWindow } from './rates.ts'

/** How the platform is, in the form of the API; a figure that is not known is null. */
export class Health {
  readonly #view: () => PlatformView
  readonly #rates = new RateWindow()
  readonly #history = new HealthHistory()
  #nextPoint = 0

  constructor(view: () => PlatformView) {
    this.#view = view
  }

  /** @param current milliseconds since the Unix epoch */
  update({ topicLog, ledgers }: PlatformView, current: number): void {
    this.#rates.add({
      at: current,
      received: topicLog?.ranges.reduce((sum, { high }) => sum + high, 0),
      stored: ledgers?.reduce((sum, { stored }) => sum + stored, 0),
    })
    if (current < this.#nextPoint) return
    this.#nextPoint = current + everySeconds * 1000
    const { latency, lag, rates } = this.current()
    const known = lag.flatMap((each) => each ?? [])
    const allLag = known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0)
    this.#history.add({ at: current, ...rates, p50: latency.p50, p99: latency.p99, lag: allLag })
  }

  /** The account, with what the last check against the rows themselves has found. */
  ledger(): Ledger {
    const { topicLog, ledgers, lastCheck } = this.#view()
    // Without the ledgers nothing is known of what is settled of a range.
    const ranges = ledgers && topicLog ? topicLog.ranges : []
    const current = { logId: topicLog?.logId, ranges }
    const { isBalanced, partitions, total } = toAccount(ledgers ?? [], current)
    return {
      isKnown: ledgers !== undefined,
      isBalanced: isBalanced && isCheckBalanced(lastCheck),
      log: current.logId ?? null,
      partitions,
      total,
      lastCheck: toCheckJson(lastCheck),
    }
  }

  current(): HealthJson {
    const { services = [], delays = [], deadLetters, topicLog } = this.#view()
    const ledger = this.ledger()
    const current = ledger.partitions.filter((line) => line.log === topicLog?.logId)
    return {
      services,
      rates: this.#rates.rates,
      latency: {
        ...toPercentiles(delays.map(({ recordedToStored }) => recordedToStored)),
        receivedToStored: toPercentiles(delays.map(({ receivedToStored }) => receivedToStored)),
      },
      lag: current.map(({ inFlight }) => inFlight),
      deadLetters: deadLetters ?? null,
      ledger,
    }
  }

  withHistory(): HealthWithHistory {
    return { ...this.current(), history: this.#history.toJson() }
  }
}

function isCheckBalanced(check: LastCheck | undefined): boolean {
  return check === undefined || (check.rowImbalance === 0 && check.ledgerImbalance === 0)
}

function toCheckJson(check: LastCheck | undefined): Ledger['lastCheck'] {
  if (check === undefined) return null
  const { checkedAt, rowImbalance, ledgerImbalance } = check
  return { checkedAt: checkedAt.toISOString(), rowImbalance, ledgerImbalance }
}
