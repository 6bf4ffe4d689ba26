export type TraceFault = {
  /** The file, with the line or point. */
  readonly place: string
  readonly problem: string
  readonly expected: string
}

/** A recorded drive cannot be replayed. */
export class TraceError extends Error {
  readonly code = 'INVALID_TRACE'

  constructor({ place, problem, expected }: TraceFault, options?: ErrorOptions) {
    super(`${place}: ${problem}; it should be ${expected}.`, options)
    this.name = 'TraceError'
  }
}
