const pattern = /^(\d{1,9}) ?(ms|s|min|h|d)$/
/** Milliseconds of each unit. */
export const unitMs = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** What a duration looks like, for error messages. @param maximum a duration as text */
export const durationUpTo = (maximum: string): string =>
  `a whole number and ms, s, min, h or d, e.g. "30 s", above 0 and up to ${maximum}`

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
