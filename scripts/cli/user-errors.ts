import { CommanderError } from 'commander'
import { JournalInUseError } from '../../fleet/journal/journal-in-use-error.ts'
import { TraceError } from '../../fleet/trace/trace-error.ts'
import { ConfigError } from '../../infra/config/config.ts'
import { UserError } from '../../infra/checks/user-error.ts'

/**
 * Runs a command to its exit code. What a person has to mend is said in its own sentence; anything
 * else is a bug and keeps its stack trace.
 *
 * @param out where it is said: standard error where a machine reads standard output
 */
export async function reportUserErrors(
  command: () => Promise<number>,
  out: NodeJS.WritableStream = process.stdout,
): Promise<number> {
  try {
    return await command()
  } catch (error) {
    // It has said so itself.
    if (error instanceof CommanderError) return error.exitCode
    if (!isUserError(error)) throw error
    out.write(`${error.message}\n`)
    return 1
  }
}

function isUserError(error: unknown): error is Error {
  return [ConfigError, JournalInUseError, TraceError, UserError].some(
    (kind) => error instanceof kind,
  )
}
