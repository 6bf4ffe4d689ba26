/** The user must do something; the message describes it. */
export class SetupError extends Error {}
