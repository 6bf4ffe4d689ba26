const pattern = /^(\d{1,9}) ?(ms|s|min|h|d)$/
/** Milliseconds of each unit. */
export const unitMs = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** The limits of a duration, as texts. */
export type DurationLimits = { readonly minimum: string; readonly maximum: string }

/** What a duration looks like, for error messages. */
export const durationWithin = ({ minimum, maximum }: DurationLimits): string =>
  `a whole number and ms, s, min, h or d, e.g. "30 s", ${minimum === '1 ms' ? 'above 0 and' : `at least ${minimum} and`} up to ${maximum}`

export function isWithin(milliseconds: number, { minimum, maximum }: DurationLimits): boolean {
  const [least, most] = [parseDuration(minimum) ?? 0, parseDuration(maximum) ?? 0]
  return milliseconds >= least && milliseconds <= most
}

/** Milliseconds of a text like `30 s`; undefined for every other text. */
export function parseDuration(text: string): number | undefined {
  const match = pattern.exec(text)
  return match ? Number(match[1]) * unitMs[match[2] as keyof typeof unitMs] : undefined
}

/** The text of a duration, in the largest unit in which it is a whole number. */
export function formatDuration(durationMs: number): string {
  const units = Object.entries(unitMs).filter(([, ms]) => durationMs % ms === 0)
  const [unit, ms] = units.at(-1) ?? ['ms', 1]
  return `${durationMs / ms} ${unit}`
}
