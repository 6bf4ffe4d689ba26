/** Something on this machine that a person has to mend; the message says what. */
export class UserError extends Error {
  readonly code = 'MACHINE'
  constructor(message: string) {
    super(message)
    this.name = 'MachineError'
  }
}
