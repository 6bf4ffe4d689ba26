import type { Span } from './track-history.ts'

/**
 * A span that starts on a day in local time. If the end is not after the start, the span ends on the next
 * day. Equal times mean a whole day.
 *
 * @param day `2026-11-21`
 * @param from `19:00` or `19:00:30`
 * @returns undefined if a text is not a day or time
 */
export function spanOfDay(day: string, from: string, to: string): Span | undefined {
  const [start, end] = [Date.parse(`${day}T${from}`), Date.parse(`${day}T${to}`)]
  if (Number.isNaN(start) || Number.isNaN(end)) return undefined
  if (end > start) return { from: start, to: end }
  const next = new Date(end)
  next.setDate(next.getDate() + 1)
  return { from: start, to: next.getTime() }
}

export function isSameSpan(a: Span, b: Span | undefined): boolean {
  return a.from === b?.from && a.to === b.to
}

const minuteMs = 60_000

/** The last minutes or hours, up to the end of the current minute. */
export function lastSpan(now: number, durationMs: number): Span {
  const to = Math.ceil(now / minuteMs) * minuteMs
  return { from: to - durationMs, to }
}
