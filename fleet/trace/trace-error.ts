export type TraceFault = {
  /** The file, and the line or point in it. */
  readonly place: string
  readonly what: string
  /** What would be right. */
  readonly wanted: string
}

/** A recorded drive that cannot be replayed, and why. */
export class TraceError extends Error {
  readonly code = 'INVALID_TRACE'

  constructor({ place, what, wanted }: TraceFault, options?: ErrorOptions) {
    super(`${place}: ${what}; it should be ${wanted}.`, options)
    this.name = 'TraceError'
  }
}
