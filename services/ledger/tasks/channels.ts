/** The channels of `NOTIFY` that tell about tasks. A notification has no content: read the tables again. */
export const taskChannels = {
  /** Tasks were made, or queued again. */
  queued: 'task_queued',
  cancelRequested: 'task_cancel_requested',
  /** Messages wait in the outbox. */
  outbox: 'outbox_written',
  /** Results of tasks wait to be stored in the bucket. */
  outputs: 'output_written',
} as const
