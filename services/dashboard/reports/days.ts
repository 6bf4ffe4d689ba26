import type { Micros } from '../../telemetry/time.ts'
import { microsPerHour } from '../../telemetry/vehicle-hours/hours.ts'

/** A day in a time zone, from one midnight to the next, in microseconds since the Unix epoch. */
export type LocalDay = {
  /** `2026-01-31` */
  readonly day: string
  readonly from: Micros
  readonly to: Micros
  /** The hours in UTC that begin in the day. */
  readonly hours: number
}

const minuteMs = 60_000
const dayMs = 86_400_000
/** More than the difference of any time zone from UTC. */
const marginMs = 26 * 3_600_000

/** The days from `first` to `last`, both included. */
export function localDays(first: string, last: string, timeZone: string): LocalDay[] {
  const dayAt = dayFormat(timeZone)
  const days: LocalDay[] = []
  let from = beginOf(first, dayAt)
  for (let day = first; day <= last; day = nextDay(day)) {
    const to = beginOf(nextDay(day), dayAt)
    const hours = Math.ceil(to / microsPerHour) - Math.ceil(from / microsPerHour)
    days.push({ day, from, to, hours })
    from = to
  }
  return days
}

/** The day in a time zone. @param at microseconds since the Unix epoch */
export function localDayOf(at: Micros, timeZone: string): string {
  return dayFormat(timeZone)(at / 1000)
}

/** The number of days from `first` to `last`, both included. */
export function countDays(first: string, last: string): number {
  return (Date.parse(last) - Date.parse(first)) / dayMs + 1
}

function nextDay(day: string): string {
  return new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10)
}

/** Formats milliseconds since the Unix epoch as a day. */
function dayFormat(timeZone: string): (at: number) => string {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  // The Swedish form of a date is that of ISO 8601.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, ...parts })
  return (at) => format.format(at)
}

/** The first minute of a day. If clocks skip midnight, it is the first minute after it. */
function beginOf(day: string, dayAt: (at: number) => string): Micros {
  const midnight = Date.parse(day)
  let [before, begin] = [midnight - marginMs, midnight + marginMs]
  while (begin - before > minuteMs) {
    const middle = before + Math.floor((begin - before) / 2 / minuteMs) * minuteMs
    if (dayAt(middle) < day) before = middle
    else begin = middle
  }
  return begin * 1000
}
