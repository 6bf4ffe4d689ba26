/** The longest key of S3, in bytes of UTF-8. */
const maxKeyBytes = 1_024
/** The longest name of a file on Linux, in bytes. */
const maxNameBytes = 255

/**
 * What is wrong with a key; undefined if it can be used. The rules hold for both kinds of store, so
 * that a bucket can be copied from one to the other.
 */
export function findKeyProblem(key: string): string | undefined {
  if (key === '') return 'The name is empty.'
  if (Buffer.byteLength(key) > maxKeyBytes)
    return `The path is longer than ${maxKeyBytes} bytes: ${Buffer.byteLength(key)}.`
  if (key.includes('\0')) return 'The name contains a NUL character.'
  if (!key.isWellFormed()) return 'The name is not valid Unicode.'
  for (const part of key.split('/')) {
    if (part === '') return 'The path has an empty part: "/" at its beginning or end, or "//".'
    if (part === '.' || part === '..') return `The path has the part "${part}".`
    if (Buffer.byteLength(part) > maxNameBytes)
      return `A name is longer than ${maxNameBytes} bytes: ${Buffer.byteLength(part)}.`
  }
  return undefined
}

/** @throws RangeError that says what is wrong with the key */
export function requireKey(key: string): void {
  const problem = findKeyProblem(key)
  if (problem !== undefined) throw new RangeError(`Unusable key ${JSON.stringify(key)}: ${problem}`)
}
