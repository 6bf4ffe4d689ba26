/** An error that the user can fix; its message says what is wrong and what to do. It prints without a stack trace. */
export class UserError extends Error {
  readonly code = 'USER_ERROR'
  constructor(message: string) {
    super(message)
    this.name = 'UserError'
  }
}

/** An argument, a file or a folder of a command cannot be used. The command has changed nothing. */
export class InputError extends UserError {}
