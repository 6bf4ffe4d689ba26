import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TemporaryFolder } from '../temporary-folder.ts'

/** A certificate and its key, in PEM. */
export type Pair = { readonly cert: string; readonly key: string }

/** A key on a curve, so that it is made in milliseconds. Kafka reads it in PKCS#8, which OpenSSL writes. */
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const serverNames = 'subjectAltName=DNS:localhost,IP:127.0.0.1'

/** A certificate authority that no program trusts by default, as managed servers often have. */
export class Authority implements Disposable {
  readonly #folder = new TemporaryFolder()
  /** Path of the certificate of the authority, which clients must trust. */
  readonly certFile = join(this.#folder.path, 'authority.pem')
  readonly #keyFile = join(this.#folder.path, 'authority.key')

  /** @throws Error if OpenSSL is not installed */
  constructor() {
    const names = ['-subj', '/CN=An authority of a test']
    const files = ['-keyout', this.#keyFile, '-out', this.certFile]
    openssl(['req', '-x509', ...newKey, '-days', '2', ...names, ...files])
  }

  /** The certificate of the authority, in PEM. */
  get cert(): string {
    return readFileSync(this.certFile, 'utf8')
  }

  /**
   * Makes a certificate for a server on this machine, and its key.
   *
   * @param names by default `localhost` and `127.0.0.1`; as the extension `subjectAltName` of OpenSSL
   */
  issue(names: string = serverNames): Pair {
    const [cert, key, request, extensions] = ['cert', 'key', 'request', 'extensions'].map((name) =>
      join(this.#folder.path, `server.${name}`),
    ) as [string, string, string, string]
    openssl(['req', ...newKey, '-subj', '/CN=server', '-keyout', key, '-out', request])
    writeFileSync(extensions, names)
    const signer = ['-CA', this.certFile, '-CAkey', this.#keyFile, '-CAcreateserial']
    const result = ['-days', '2', '-extfile', extensions, '-out', cert]
    openssl(['x509', '-req', '-in', request, ...signer, ...result])
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

function openssl(args: readonly string[]): void {
  const { status, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${error?.message ?? stderr}`)
}
