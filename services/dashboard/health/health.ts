import type { LastCheck } from '../../adapters/postgres/ledger/account-store.ts'
import { toAccount } from '../../ledger/account.ts'
import { toPercentiles } from '../../telemetry/percentiles.ts'
import type { Health as HealthJson, HealthWithHistory, Ledger } from '../api/health.ts'
import { everySeconds, HealthHistory } from './health-history.ts'
import type { PlatformView } from './platform-watch.ts'
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

  /** @param now milliseconds since the Unix epoch */
  note({ log, ledgers }: PlatformView, now: number): void {
    this.#rates.note({
      at: now,
      received: log?.ranges.reduce((sum, { high }) => sum + high, 0),
      stored: ledgers?.reduce((sum, { stored }) => sum + stored, 0),
    })
    if (now < this.#nextPoint) return
    this.#nextPoint = now + everySeconds * 1000
    const { latency, lag, rates } = this.now()
    const known = lag.flatMap((each) => each ?? [])
    const allLag = known.length === 0 ? null : known.reduce((sum, each) => sum + each, 0)
    this.#history.note({ at: now, ...rates, p50: latency.p50, p99: latency.p99, lag: allLag })
  }

  /** The account, with what the last check against the rows themselves has found. */
  ledger(): Ledger {
    const { log, ledgers, lastCheck } = this.#view()
    // Without the ledgers nothing is known of what is settled of a range.
    const ranges = ledgers && log ? log.ranges : []
    const current = { logId: log?.number, ranges }
    const { isBalanced, partitions, total } = toAccount(ledgers ?? [], current)
    return {
      isKnown: ledgers !== undefined,
      isBalanced: isBalanced && isWithoutFault(lastCheck),
      log: current.logId ?? null,
      partitions,
      total,
      lastCheck: toCheckJson(lastCheck),
    }
  }

  now(): HealthJson {
    const { services = [], delays = [], deadLetters, log } = this.#view()
    const ledger = this.ledger()
    const current = ledger.partitions.filter((line) => line.log === log?.number)
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
    return { ...this.now(), history: this.#history.toJson() }
  }
}

function isWithoutFault(check: LastCheck | undefined): boolean {
  return check === undefined || (check.rowImbalance === 0 && check.ledgerImbalance === 0)
}

function toCheckJson(check: LastCheck | undefined): Ledger['lastCheck'] {
  if (check === undefined) return null
  const { checkedAt, rowImbalance, ledgerImbalance } = check
  return { checkedAt: checkedAt.toISOString(), rowImbalance, ledgerImbalance }
}
