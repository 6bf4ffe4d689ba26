import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Prints one line of progress for the user. */
export type PrintLine = (line: string) => void

export type RunOptions = { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv }

const execute = promisify(execFile)
const outputLimit = 64 * 1024 * 1024

/**
 * Runs a program and returns its standard output, trimmed.
 *
 * @throws an error with the last 2000 characters of its output if the program fails; builds print
 *   the reason last
 */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  try {
    const { stdout } = await execute(file, args, { maxBuffer: outputLimit, ...options })
    return stdout.trim()
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    const output = `${stdout}${stderr}`.trim().slice(-2000) || (error as Error).message
    throw new Error(`${[file, ...args].join(' ')} failed:\n${output}`, { cause: error })
  }
}

/** Whether a program exists and ends with exit code 0. */
export async function works(file: string, args: readonly string[]): Promise<boolean> {
  return runProgram(file, args).then(
    () => true,
    () => false,
  )
}
