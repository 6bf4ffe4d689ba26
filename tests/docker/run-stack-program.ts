import { root } from '../../scripts/platform/paths.ts'
import { runProgram } from './base-images/run-program.ts'

/** A failed run of the Pulumi program. The message is the output that the user sees. */
export class StackError extends Error {
  constructor(output: string, options: ErrorOptions) {
    super(output, options)
    this.name = 'StackError'
  }
}

/**
 * Runs a program in the root folder of the repository.
 *
 * @param env variables that are added to the environment of this process
 * @returns its standard output
 * @throws StackError if the program fails
 */
export async function runStackProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    return await runProgram(file, args, { cwd: root, env: { ...process.env, ...env } })
  } catch (error) {
    const { stdout = '', stderr = '' } = (error as { cause?: Record<string, string> }).cause ?? {}
    throw new StackError(`${stdout}${stderr}`, { cause: error })
  }
}
