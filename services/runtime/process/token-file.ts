import { readBeginning } from './regular-file.ts'

/** The file of a bearer token. */

/**
 * The limit of a token's length. `POST /api/session` accepts 4,096 bytes, in which each character can need
 * two; headers may have 16 KiB, and less behind some proxies.
 */
const maxCharacters = 2_000

/** What a token file must be; the end of a sentence. */
export const expectedTokenFile = `expected a file with the bearer token: one line of 1 to ${maxCharacters} visible ASCII characters without spaces`

export type TokenFile =
  | { readonly kind: 'token'; readonly token: string }
  /** `fault` follows the name of the file in a sentence. */
  | { readonly kind: 'unusable'; readonly fault: string }

/** Reads a token that clients can send in a header. The line may end with a line break. */
export function readTokenFile(file: string): TokenFile {
  try {
    // The whole text, or more than a token can have.
    return parseTokenFile(readBeginning(file, 4 * maxCharacters).toString('utf8'))
  } catch (error) {
    return unusable(`cannot be read (${(error as Error).message})`)
  }
}

function parseTokenFile(text: string): TokenFile {
  const token = text.replace(/\r?\n$/, '')
  if (token.trim() === '') return unusable('is empty')
  if (token.length > maxCharacters) return unusable(`has more than ${maxCharacters} characters`)
  if (/[\r\n]/.test(token)) return unusable('has more than one line')
  const [character] = /[^\x21-\x7e]/.exec(token) ?? []
  if (character === undefined) return { kind: 'token', token }
  return unusable(`contains ${kindOf(character)}`)
}

function kindOf(character: string): string {
  if (character === ' ') return 'a space'
  return /\p{Cc}/u.test(character) ? 'a control character' : 'a character that is not ASCII'
}

function unusable(fault: string): TokenFile {
  return { kind: 'unusable', fault }
}
