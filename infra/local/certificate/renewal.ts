const checkMs = 3_600_000

export type RenewalOptions = {
  /** Renews the certificate if that is due. */
  readonly keep: () => void
  readonly onFailure: (error: Error) => void
  readonly signal: AbortSignal
  readonly intervalMs?: number
}

/** Renews the certificate while the platform runs. After a failure the next attempt is an hour later. */
export function renewRegularly({
  keep,
  onFailure,
  signal,
  intervalMs = checkMs,
}: RenewalOptions): void {
  const timer = setInterval(() => {
    try {
      keep()
    } catch (error) {
      onFailure(error as Error)
    }
  }, intervalMs)
  timer.unref()
  signal.addEventListener('abort', () => {
    clearInterval(timer)
  })
}
