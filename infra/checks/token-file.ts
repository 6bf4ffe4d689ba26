import {
  expectedTokenFile,
  readTokenFile as read,
} from '../../services/runtime/process/token-file.ts'
import { InputError } from './user-error.ts'

/**
 * The bearer token in a file.
 *
 * @throws InputError if there is none that clients can send
 */
export function readTokenFile(file: string): string {
  const found = read(file)
  if (found.kind === 'token') return found.token
  throw new InputError(`${file} ${found.fault}; ${expectedTokenFile}.`)
}

/** What is wrong with a token file; undefined if it can be used. */
export function tokenFileFault(file: string): string | undefined {
  const found = read(file)
  return found.kind === 'token' ? undefined : `${file} ${found.fault}; ${expectedTokenFile}.`
}

/** What is wrong with a file with a key of a bucket; undefined if it can be used. */
export function keyFileFault(file: string): string | undefined {
  const found = read(file)
  if (found.kind === 'token') return undefined
  return `${file} ${found.fault}; expected a file with one line of visible ASCII characters without spaces.`
}
