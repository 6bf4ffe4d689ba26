import { resolve } from 'node:path'

// Uses Node's modules only: `print-supervisor.ts` needs it before the packages are installed.

/**
 * Resolves a path from the folder in which the user typed the command; npm runs it in the clone.
 */
export function userPath(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path)
}

/** The user's folder for the state (`AV_TELEMETRY_HOME`); undefined if it is not set. */
export function chosenHome(): string | undefined {
  const home = process.env['AV_TELEMETRY_HOME'] ?? ''
  return home === '' ? undefined : userPath(home)
}
