/** Two processes would send the same readings, and give a vehicle's sequences twice. */
export class JournalInUseError extends Error {
  readonly code = 'JOURNAL_IN_USE'
  constructor(folder: string, pid: number) {
    super(`The journal ${folder} is in use: the process ${pid} drives these vehicles already.`)
    this.name = 'JournalInUseError'
  }
}
