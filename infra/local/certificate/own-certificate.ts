import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { machineAddresses } from '../../../services/runtime/process/network/machine-addresses.ts'
import { isKeyOfCertificate } from '../../../services/runtime/process/network/certificate-key.ts'
import { replaceFile } from '../../../services/runtime/process/replace-file.ts'
import { InputError } from '../../checks/user-error.ts'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { listensOnAll } from '../../topology/addresses.ts'
import { makePrivateFolder } from '../folders.ts'
import { newSerial, withOpenssl } from './openssl.ts'

const dayMs = 86_400_000
const authorityDays = 3_650
/** Phones accept at most 825 days from a private certificate authority. */
const certificateDays = 365
const renewedDaysBefore = 30

/** The files of the private certificate authority and of the certificate that it has signed, in the state folder. */
export function ownCertificateFiles(state: string) {
  const folder = join(state, 'tls')
  return {
    folder,
    authority: join(folder, 'authority.pem'),
    authorityKey: join(folder, 'authority-key.pem'),
    certFile: join(folder, 'certificate.pem'),
    keyFile: join(folder, 'key.pem'),
  }
}

type Files = ReturnType<typeof ownCertificateFiles>

/** Names and addresses of this machine. */
export function ownNames({ ingress }: PlatformConfig): string[] {
  const given = ingress.hostNames === '' ? [] : ingress.hostNames.split(',')
  const listening = listensOnAll(ingress.hostAddress) ? machineAddresses() : [ingress.hostAddress]
  const names = ['localhost', hostname().toLowerCase(), ...given, '127.0.0.1', '::1', ...listening]
  return [...new Set(names)].filter((name) => isIP(name) !== 0 || /^[a-z0-9.-]+$/.test(name))
}

type Keeping = {
  readonly names: readonly string[]
  /** By default true. Only a start may, because it prints the fingerprint. Phones refuse the certificates of another authority. */
  readonly mayMakeAuthority?: boolean
  /** Milliseconds since 1970. */
  readonly now?: number
}

/**
 * Makes the authority once, and a certificate that it signs if there is none, if it ends within 30 days, or
 * if it lacks a name.
 *
 * @returns whether a new certificate was made
 * @throws InputError if OpenSSL is not installed, or the authority cannot be used
 */
export function keepOwnCertificate(
  state: string,
  { names, mayMakeAuthority = true, now = Date.now() }: Keeping,
): boolean {
  const files = ownCertificateFiles(state)
  makePrivateFolder(files.folder)
  if (mayMakeAuthority && hasNeverBeenUsed(files)) makeAuthority(files)
  const fault = faultOfAuthority(files)
  if (fault !== undefined)
    throw new InputError(
      `The private certificate authority in ${files.folder} cannot be used: ${fault}. Restore both files. Or stop the platform, remove the folder and start: it makes a new authority, and its certificate must be installed on every phone.`,
    )
  if (isUsable(files, names, now)) return false
  makeCertificate(files, names)
  return true
}

/** What a user compares and installs. @throws Error if there is no authority */
export function describeAuthority(state: string): { readonly file: string; fingerprint: string } {
  const file = ownCertificateFiles(state).authority
  return { file, fingerprint: new X509Certificate(readFileSync(file)).fingerprint256 }
}

/** A start that ended early leaves only a key, with which nothing was signed. */
function hasNeverBeenUsed({ authority, certFile }: Files): boolean {
  return !existsSync(authority) && !existsSync(certFile)
}

/** Why the authority cannot sign; undefined if it can. */
function faultOfAuthority({ authority, authorityKey }: Files): string | undefined {
  if (!existsSync(authority)) return 'authority.pem, its certificate, is missing'
  if (!existsSync(authorityKey)) return 'authority-key.pem, its key, is missing'
  const cert = contentOf(authority, (bytes) => new X509Certificate(bytes))
  if (cert === undefined) return 'authority.pem is not readable as a certificate'
  const key = contentOf(authorityKey, createPrivateKey)
  if (key === undefined) return 'authority-key.pem is not readable as a private key'
  return isKeyOfCertificate(readFileSync(authorityKey), readFileSync(authority))
    ? undefined
    : 'authority-key.pem is not the key of authority.pem'
}

/** Undefined if the file cannot be read or parsed. */
function contentOf<T>(file: string, parse: (bytes: Buffer) => T): T | undefined {
  try {
    return parse(readFileSync(file))
  } catch {
    return undefined
  }
}

function isUsable({ authority, certFile, keyFile }: Files, names: readonly string[], now: number) {
  try {
    const cert = readFileSync(certFile)
    const certificate = new X509Certificate(cert)
    const hasName = (name: string) =>
      (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined
    return (
      certificate.verify(new X509Certificate(readFileSync(authority)).publicKey) &&
      isKeyOfCertificate(readFileSync(keyFile), cert) &&
      Date.parse(certificate.validTo) - now > renewedDaysBefore * dayMs &&
      names.every(hasName)
    )
  } catch {
    return false
  }
}

function makeAuthority({ folder, authority, authorityKey }: Files): void {
  const made = withOpenssl(folder, {
    settings: [
      'prompt = no',
      'distinguished_name = name',
      'x509_extensions = authority',
      '[name]',
      `CN = av-telemetry authority of ${hostname().replaceAll(/[^A-Za-z0-9.-]/g, '')}`.slice(0, 69),
      '[authority]',
      'basicConstraints = critical, CA:TRUE, pathlen:0',
      'keyUsage = critical, keyCertSign, cRLSign',
      'subjectKeyIdentifier = hash',
    ],
    args: (settings, key) => [
      ...['req', '-x509', '-new', '-sha256', '-config', settings, '-key', key],
      ...['-days', String(authorityDays), '-set_serial', newSerial()],
    ],
  })
  replaceFile(authorityKey, made.key, 0o600)
  replaceFile(authority, made.certificate, 0o644)
}

function makeCertificate(files: Files, names: readonly string[]): void {
  const listed = names.map((name) => (isIP(name) === 0 ? `DNS:${name}` : `IP:${name}`))
  const { folder, authority, authorityKey } = files
  const made = withOpenssl(folder, {
    settings: [
      'prompt = no',
      'distinguished_name = name',
      '[name]',
      'CN = av-telemetry ingress',
      '[server]',
      'basicConstraints = critical, CA:FALSE',
      'keyUsage = critical, digitalSignature',
      'extendedKeyUsage = serverAuth',
      'subjectKeyIdentifier = hash',
      'authorityKeyIdentifier = keyid',
      `subjectAltName = ${listed.join(',')}`,
    ],
    request: true,
    args: (settings, request) => [
      ...['x509', '-req', '-sha256', '-in', request, '-CA', authority, '-CAkey', authorityKey],
      ...['-extfile', settings, '-extensions', 'server'],
      ...['-days', String(certificateDays), '-set_serial', newSerial()],
    ],
  })
  replaceFile(files.keyFile, made.key, 0o600)
  // Followed by that of its issuer, so that a client shows the authority.
  replaceFile(files.certFile, `${made.certificate}${readFileSync(authority, 'utf8')}`, 0o644)
}
