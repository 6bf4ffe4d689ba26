import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Takes one line for the person who looks on. */
export type Say = (line: string) => void

export type RunOptions = { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv }

const execute = promisify(execFile)
const outputLimit = 64 * 1024 * 1024

/**
 * Runs a program to its end and returns what it has written to its standard output, trimmed.
 * Rejects with the end of all that it has written when it fails, as builds say last what is wrong.
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

export async function works(file: string, args: readonly string[]): Promise<boolean> {
  return runProgram(file, args).then(
    () => true,
    () => false,
  )
}
