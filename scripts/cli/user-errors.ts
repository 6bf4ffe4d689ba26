import { CommanderError } from 'commander'
import { JournalInUseError } from '../../fleet/journal/journal-in-use-error.ts'
import { TraceError } from '../../fleet/trace/trace-error.ts'
import { ConfigError } from '../../infra/config/config.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { escapeControlsInLines } from '../../services/runtime/process/printable.mjs'

/**
 * Runs a command and returns its exit code. An error that the user can fix prints one sentence. Any other
 * error is a bug and keeps its stack trace.
 *
 * @param out where the sentence is printed: standard error if a program reads standard output
 */
export async function reportUserErrors(
  command: () => Promise<number>,
  out: NodeJS.WritableStream = process.stdout,
): Promise<number> {
  try {
    return await command()
  } catch (error) {
    // Commander has already printed it.
    if (error instanceof CommanderError) return error.exitCode
    if (!isUserError(error)) throw error
    out.write(`${escapeControlsInLines(error.message)}\n`)
    return 1
  }
}

function isUserError(error: unknown): error is Error {
  return [ConfigError, JournalInUseError, TraceError, UserError].some(
    (kind) => error instanceof kind,
  )
}
