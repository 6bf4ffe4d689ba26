import { realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, relative, sep } from 'node:path'
import { createSecureContext } from 'node:tls'
import { isKeyOfCertificate } from '../../services/runtime/process/network/certificate-key.ts'
import { readRegularFile } from '../../services/runtime/process/regular-file.ts'
import type { PlatformConfig } from '../config/config-schema.ts'
import { InputError } from './user-error.ts'

const maxFileBytes = 1024 * 1024

/**
 * What is wrong with certificate and key of the ingress; undefined if they can be used or are not configured.
 *
 * @param pathOf the absolute path of a user's file
 */
export function certificateFault(
  config: PlatformConfig,
  pathOf: (path: string) => string,
): string | undefined {
  const { certFile, keyFile } = config.ingress.tls
  if (certFile === '') return undefined
  const [cert, key] = [readPem(pathOf(certFile)), readPem(pathOf(keyFile))]
  if (typeof cert === 'string') return `ingress.tls.certFile: ${cert}`
  if (typeof key === 'string') return `ingress.tls.keyFile: ${key}`
  return (
    faultOf(`ingress.tls.certFile: ${certFile} is not a PEM certificate`, { cert }) ??
    faultOf(`ingress.tls.keyFile: ${keyFile} is not a PEM private key, or it has a passphrase`, {
      key,
    }) ??
    faultOf(`ingress.tls.keyFile: ${keyFile} does not belong to the certificate ${certFile}`, {
      cert,
      key,
    })
  )
}

/** Its content, or a sentence if it cannot be read. */
function readPem(path: string): Buffer | string {
  try {
    return readRegularFile(path, maxFileBytes)
  } catch (error) {
    return `${path} cannot be read (${(error as Error).message}).`
  }
}

function faultOf(sentence: string, pem: { cert?: Buffer; key?: Buffer }): string | undefined {
  try {
    createSecureContext(pem)
    if (pem.cert && pem.key && !isKeyOfCertificate(pem.key, pem.cert)) return `${sentence}.`
    return undefined
  } catch (error) {
    return `${sentence} (${(error as Error).message}).`
  }
}

/**
 * Checks that the container of the ingress can read the files: their folders are mounted into it, and HAProxy
 * runs as a user without rights.
 *
 * @param pathOf the absolute path of a user's file
 * @throws InputError with one sentence for each fault
 */
export function checkTlsOnDocker(config: PlatformConfig, pathOf: (path: string) => string): void {
  const { certFile, keyFile, selfSigned } = config.ingress.tls
  if (selfSigned)
    throw new InputError(
      'ingress.tls.selfSigned: only npm start makes a certificate. On Docker, name one with ingress.tls.certFile and ingress.tls.keyFile (docs/tls.md).',
    )
  const given = [
    ['ingress.tls.certFile', certFile],
    ['ingress.tls.keyFile', keyFile],
  ] as const
  const faults = given.flatMap(([key, path]) => {
    const fault = path === '' ? undefined : mountFault(pathOf(path), pathOf('.'))
    return fault === undefined ? [] : [`${key}: ${fault}`]
  })
  if (faults.length > 0) throw new InputError(faults.join('\n'))
}

/** The user of HAProxy's official image. */
const haproxyUser = 99

function mountFault(file: string, root: string): string | undefined {
  const folder = dirname(file)
  if (isIn(root, folder))
    return `${folder} is mounted into the container of the ingress, and it contains the clone. Put the file into a separate folder, for example tls.`
  const target = realpathSync(file)
  if (!isIn(target, realpathSync(folder)))
    return `${file} is a link to ${target}, which is outside ${folder}, the folder that is mounted into the container of the ingress. Copy the file instead.`
  const { uid, mode } = statSync(target)
  const isReadable = (mode & 0o004) !== 0 || (uid === haproxyUser && (mode & 0o400) !== 0)
  // Elsewhere the engine runs in a virtual machine that changes the owners of files.
  if (process.platform !== 'linux' || isReadable) return undefined
  return `the ingress cannot read ${file}: its container runs as user ${haproxyUser}. Run: sudo chown ${haproxyUser} ${file} && sudo chmod 0440 ${file}`
}

/** Whether a path is the folder, or in it. */
function isIn(path: string, folder: string): boolean {
  const relativePath = relative(folder, path)
  return (
    relativePath === '' ||
    !(relativePath === '..' || relativePath.startsWith(`..${sep}`) || isAbsolute(relativePath))
  )
}
