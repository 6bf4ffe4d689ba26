import { resolve } from 'node:path'

// On Node's own modules, as `print-supervisor.ts` uses it before the packages are there.

/** A path as the user means it: npm runs commands in the clone, wherever they were given. */
export function userPath(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path)
}

/** The folder that the user wants the state in (`AV_TELEMETRY_HOME`); undefined where that is not said. */
export function chosenHome(): string | undefined {
  const home = process.env['AV_TELEMETRY_HOME'] ?? ''
  return home === '' ? undefined : userPath(home)
}
