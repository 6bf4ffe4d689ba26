import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
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
