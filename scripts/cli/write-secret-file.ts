import { writeFileSync } from 'node:fs'
import { InputError } from '../../infra/checks/user-error.ts'

/**
 * Writes a new file that only the user can read. Nothing is replaced, and no link is followed.
 *
 * @param option the option that names another file
 * @throws InputError if the file exists or cannot be written
 */
export function writeSecretFile(file: string, text: string, option: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST')
      throw new InputError(`${file} exists. Remove it, or name another file with ${option}.`)
    throw new InputError(`${file} cannot be written: ${message}.`)
  }
}
