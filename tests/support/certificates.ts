import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TemporaryFolder } from './temporary-folder.ts'

/** A certificate for `localhost` that is self-signed, and its key, in PEM; undefined if OpenSSL is not installed. */
export function aCertificate(): { readonly cert: string; readonly key: string } | undefined {
  using folder = new TemporaryFolder()
  const [cert, key] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const options = ['req', '-x509', ...curve, '-days', '2', ...names]
  const { status } = spawnSync('openssl', [...options, '-keyout', key, '-out', cert])
  if (status !== 0) return undefined
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

/** Writes a new certificate and its key, one after the other. @throws Error if OpenSSL is not installed */
export function writePair(files: {
  readonly certFile: string
  readonly keyFile: string
}): X509Certificate {
  const pair = aCertificate()
  if (pair === undefined) throw new Error('OpenSSL has made no certificate')
  writeFileSync(files.certFile, pair.cert)
  writeFileSync(files.keyFile, pair.key)
  return new X509Certificate(pair.cert)
}
