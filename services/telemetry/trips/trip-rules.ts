/**
 * The limits that decide what is a trip and what is a stop. They are the settings `dashboard.trips`;
 * the configuration's schema has their defaults and describes each of them.
 */
export type TripRules = {
  readonly jumpMetres: number
  readonly jumpMetresPerSecond: number
  readonly jumpReadings: number
  readonly stopSeconds: number
  readonly stopMetres: number
  readonly leaveMetres: number
  readonly leaveReadings: number
  readonly leaveAtOnceMetres: number
  readonly silenceFactor: number
  readonly silenceIntervals: number
  readonly silenceMinIntervals: number
  readonly silenceMinSeconds: number
  readonly silenceMaxSeconds: number
  readonly silenceMetres: number
  readonly tripMetres: number
  readonly pointMetres: number
  readonly borderMinutes: number
}

export const microsPerSecond = 1_000_000
