import { CommanderError } from 'commander'
import { JournalInUseError } from '../../fleet/journal/journal-in-use-error.ts'
import { TraceError } from '../../fleet/trace/trace-error.ts'
import { ConfigError } from '../../infra/config/config.ts'
import { InputError, UserError } from '../../infra/checks/user-error.ts'
import { escapeControlsInLines } from '../../services/runtime/process/printable.mjs'

/**
 * Runs a command and returns its exit code. An error that the user can fix prints one sentence. Any other
 * error is a bug and keeps its stack trace. Wrong arguments, settings and files have exit code 2.
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
    // Commander has already printed it. It has exit code 0 if it printed the help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongInput
    if (!isUserError(error)) throw error
    out.write(`${escapeControlsInLines(error.message)}\n`)
    return isWrongInput(error) ? wrongInput : 1
  }
}

/** Exit code of a command that was refused because of its input. */
const wrongInput = 2

function isWrongInput(error: Error): boolean {
  return [ConfigError, InputError, TraceError].some((kind) => error instanceof kind)
}

function isUserError(error: unknown): error is Error {
  return [ConfigError, JournalInUseError, TraceError, UserError].some(
    (kind) => error instanceof kind,
  )
}
