/** An error that the user can fix; its message says what is wrong and what to do. It prints without a stack trace. */
export class UserError extends Error {
  readonly code = 'USER_ERROR'
  constructor(message: string) {
    super(message)
    this.name = 'UserError'
  }
}
