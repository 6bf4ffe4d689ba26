import type { LastCheck } from '../../adapters/postgres/ledger/read-accounts.ts'
import { toAccount } from '../../ledger/account.ts'
import type { Health as HealthJson, HealthWithHistory, Ledger, Percentiles } from '../api/health.ts'
import { HealthHistory, pointIntervalSeconds } from './health-history.ts'
import type { PlatformView } from './platform-monitor.ts'
import { RateWindow } from './rates.ts'

/** The platform's health in the form of the API. A figure that is not known is null. */
export class Health {
  readonly #view: () => PlatformView
  readonly #rates = new RateWindow()
  readonly #history = new HealthHistory()
  /** Milliseconds since the Unix epoch. */
  #nextPointAt = 0

  constructor(view: () => PlatformView) {
    this.#view = view
  }

  /**
   * Adds a view to the rates, and every `pointIntervalSeconds` a point to the history.
   *
   * @param nowMs milliseconds since the Unix epoch
   */
  update({ topicLog, ledgers }: PlatformView, nowMs: number): void {
    this.#rates.add({
      at: nowMs,
      received: topicLog?.ranges.reduce((sum, { high }) => sum + high, 0),
      stored: ledgers?.reduce((sum, { stored }) => sum + stored, 0),
    })
    if (nowMs < this.#nextPointAt) return
    this.#nextPointAt = nowMs + pointIntervalSeconds * 1000
    const { latency, lag, rates } = this.current()
    const knownLags = lag.flatMap((partitionLag) => partitionLag ?? [])
    const totalLag =
      knownLags.length === 0 ? null : knownLags.reduce((sum, partitionLag) => sum + partitionLag, 0)
    this.#history.add({ at: nowMs, ...rates, p50: latency.p50, p99: latency.p99, lag: totalLag })
  }

  /** The account, with the result of the last check against the stored rows. */
  ledger(): Ledger {
    const { topicLog, ledgers, lastCheck } = this.#view()
    // Without the ledgers we cannot know how much of a range is settled.
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

  /** Without the history, as sent on the stream. */
  current(): HealthJson {
    const { services = [], delays = [], deadLetters, topicLog } = this.#view()
    const ledger = this.ledger()
    const currentPartitions = ledger.partitions.filter((line) => line.log === topicLog?.logId)
    return {
      services,
      rates: this.#rates.rates,
      latency: {
        ...toPercentiles(delays.map(({ recordedToStored }) => recordedToStored)),
        receivedToStored: toPercentiles(delays.map(({ receivedToStored }) => receivedToStored)),
      },
      lag: currentPartitions.map(({ inFlight }) => inFlight),
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

/** Nearest-rank method: each result is one of the given values. */
export function toPercentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((left, right) => left - right)
  const valueAt = (fraction: number): number | null =>
    sorted[Math.ceil(fraction * sorted.length) - 1] ?? null
  return { p50: valueAt(0.5), p99: valueAt(0.99) }
}
