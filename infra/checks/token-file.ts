import { readFileSync } from 'node:fs'
import { UserError } from './user-error.ts'

/**
 * The bearer token in a file, without the blanks around it.
 *
 * @throws UserError where there is none
 */
export function readTokenFile(file: string): string {
  const expected = 'expected a file with the bearer token of the platform'
  let token: string
  try {
    token = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new UserError(`${file} cannot be read (${(error as Error).message}); ${expected}.`)
  }
  if (token === '') throw new UserError(`${file} is empty; ${expected}.`)
  return token
}
