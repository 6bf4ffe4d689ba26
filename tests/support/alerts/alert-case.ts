/** One sample per minute from minute 0, in promtool's notation, by series. */
export type Series = Readonly<Record<string, string>>

/** Series that make an alert fire by the given minute, and similar series that do not. */
export type AlertCase = {
  readonly alert: string
  readonly minute: number
  readonly fires: readonly Series[]
  readonly quiet: readonly Series[]
}

export const accepted = (perMinute: number): Series => ({
  telemetry_readings_accepted_total: `0+${perMinute}x60`,
})
export const settled = (perMinute: number): Series => ({
  'telemetry_offsets_settled_total{pipeline="readings",outcome="stored"}': `0+${perMinute}x60`,
})
export const refused = (perMinute: number): Series => ({
  'telemetry_readings_refused_total{code="time-too-old"}': `0+${perMinute}x60`,
})
export const resident = (job: string, bytes: number): Series => ({
  [`process_resident_memory_bytes{job="${job}"}`]: `${bytes}x60`,
})
