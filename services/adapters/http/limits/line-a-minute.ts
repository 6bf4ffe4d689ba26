/** For each kind, at most one log line is written in this time. */
const logIntervalMs = 60_000

/** Decides which of many events of a kind get a log line: at most one a minute for each kind. */
export class LineAMinute<Kind> {
  readonly #states = new Map<Kind, { loggedAt: number; count: number }>()

  /** Counts an event. Returns how many there were since the last line; undefined if no line is due. */
  note(kind: Kind): number | undefined {
    const now = performance.now()
    const state = this.#states.get(kind) ?? { loggedAt: -Infinity, count: 0 }
    this.#states.set(kind, state)
    state.count += 1
    if (now - state.loggedAt < logIntervalMs) return undefined
    const { count } = state
    state.loggedAt = now
    state.count = 0
    return count
  }
}
