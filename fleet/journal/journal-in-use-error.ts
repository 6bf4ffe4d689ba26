/** Two processes on one journal would send the same readings and reuse a vehicle's sequences. */
export class JournalInUseError extends Error {
  readonly code = 'JOURNAL_IN_USE'
  constructor(folder: string, pid: number) {
    super(
      `The journal ${folder} is in use by process ${pid}, which already runs these vehicles. Stop that process first.`,
    )
    this.name = 'JournalInUseError'
  }
}
