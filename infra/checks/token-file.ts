import { readFileSync } from 'node:fs'
import { InputError } from './user-error.ts'

/**
 * The bearer token in a file, without the blanks around it.
 *
 * @throws InputError where there is none
 */
export function readTokenFile(file: string): string {
  const expected = 'expected a file with the bearer token of the platform'
  let token: string
  try {
    token = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new InputError(`${file} cannot be read (${(error as Error).message}); ${expected}.`)
  }
  if (token === '') throw new InputError(`${file} is empty; ${expected}.`)
  return token
}
