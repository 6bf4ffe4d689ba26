import { createPrivateKey, X509Certificate } from 'node:crypto'

/**
 * Whether the private key is that of the certificate; both are PEM. A TLS context of Node.js does not check this if the
 * key has another type than the certificate, for example EC beside RSA.
 *
 * @throws Error if one of them cannot be read
 */
export function isKeyOfCertificate(key: Buffer, cert: Buffer): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
}
