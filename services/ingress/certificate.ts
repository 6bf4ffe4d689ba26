import { createHash, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { Logger } from '../runtime/logger.ts'
import { errorFields } from '../runtime/logger.ts'
import { poll } from '../runtime/poll.ts'
import { isKeyOfCertificate } from '../runtime/process/network/certificate-key.ts'
import { readRegularFile } from '../runtime/process/regular-file.ts'

export type CertificateFiles = { readonly certFile: string; readonly keyFile: string }

/** PEM texts: the certificate with those of its issuers, and the private key. */
export type CertificatePair = { readonly cert: Buffer; readonly key: Buffer }

const intervalMs = 2_000
const maxFileBytes = 1024 * 1024

/** @throws Error if a file cannot be read, is no PEM, or the key is not that of the certificate */
export function readCertificatePair({ certFile, keyFile }: CertificateFiles): CertificatePair {
  const pair = {
    cert: readRegularFile(certFile, maxFileBytes),
    key: readRegularFile(keyFile, maxFileBytes),
  }
  createSecureContext(pair)
  if (!isKeyOfCertificate(pair.key, pair.cert))
    throw new Error('The key does not belong to the certificate.')
  return pair
}

/** What log lines say about a certificate. */
export function describeCertificate({ cert }: CertificatePair) {
  const { fingerprint256, validTo, subjectAltName = '' } = new X509Certificate(cert)
  return { fingerprint: fingerprint256, validTo, names: subjectAltName }
}

const digestOf = ({ cert, key }: CertificatePair): string =>
  createHash('sha256').update(cert).update('\0').update(key).digest('hex')

/**
 * Reads the files every two seconds, and passes on a changed pair. Two polls in a row must find the same, because the
 * files are replaced one after the other, and perhaps in parts. A pair that cannot be used is logged once; the
 * previous one stays in use.
 */
export class CertificateWatch {
  readonly #files: CertificateFiles
  readonly #replace: (pair: CertificatePair) => void
  readonly #logger: Logger
  #used: string
  /** What the last poll found: the content of the pair, or why it cannot be used. */
  #found = ''
  #logged = ''

  constructor(
    files: CertificateFiles,
    used: CertificatePair,
    { replace, logger }: { replace: (pair: CertificatePair) => void; logger: Logger },
  ) {
    this.#files = files
    this.#replace = replace
    this.#logger = logger
    this.#used = digestOf(used)
  }

  watch(signal: AbortSignal): Promise<void> {
    const check = (): Promise<void> => {
      this.#check()
      return Promise.resolve()
    }
    return poll(check, { intervalMs, signal })
  }

  #check(): void {
    try {
      const pair = readCertificatePair(this.#files)
      const digest = digestOf(pair)
      const wasFoundBefore = digest === this.#found
      this.#found = digest
      this.#logged = ''
      if (digest === this.#used || !wasFoundBefore) return
      this.#replace(pair)
      this.#used = digest
      this.#logger.info(describeCertificate(pair), 'certificate-replaced')
    } catch (error) {
      const reason = (error as Error).message
      if (reason === this.#found && reason !== this.#logged) {
        this.#logger.error({ ...errorFields(error), ...this.#files }, 'certificate-refused')
        this.#logged = reason
      }
      this.#found = reason
    }
  }
}
