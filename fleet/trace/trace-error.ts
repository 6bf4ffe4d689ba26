export type TraceFault = {
  /** The file, with the line, and with the point of a GPX file. */
  readonly place: string
  readonly problem: string
  readonly expected: string
}

/** The fault as a sentence. */
export function describeFault({ place, problem, expected }: TraceFault): string {
  return `${place}: ${problem}; it should be ${expected}.`
}

/** A recorded drive cannot be replayed. */
export class TraceError extends Error {
  readonly code = 'INVALID_TRACE'

  constructor(fault: TraceFault, options?: ErrorOptions) {
    super(describeFault(fault), options)
    this.name = 'TraceError'
  }
}
