import { X509Certificate } from 'node:crypto'
import { readRegularFile } from '../../services/runtime/process/regular-file.ts'
import { InputError } from './user-error.ts'

const maxFileBytes = 1024 * 1024
const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const expected = 'expected a file with the certificates of authorities in PEM'

/** What is wrong with a file with certificate authorities; undefined if it can be used. */
export function authoritiesFault(file: string): string | undefined {
  try {
    readAuthorities(file)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * The certificates of authorities in a PEM file.
 *
 * @throws InputError if there is none that clients can use
 */
export function readAuthorities(file: string): string {
  const text = readText(file)
  const found = text.match(certificate) ?? []
  if (found.length === 0) throw new InputError(`${file} contains no certificate; ${expected}.`)
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem)
    } catch (error) {
      const reason = (error as Error).message
      throw new InputError(
        `certificate ${index + 1} in ${file} cannot be used (${reason}); ${expected}.`,
      )
    }
  }
  return text
}

function readText(file: string): string {
  try {
    return readRegularFile(file, maxFileBytes).toString('utf8')
  } catch (error) {
    throw new InputError(`${file} cannot be read (${(error as Error).message}); ${expected}.`)
  }
}
