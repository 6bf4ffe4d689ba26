import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../../checks/user-error.ts'

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** A positive number of 127 bits. */
export function newSerial(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0] ?? 0) & 0x7f
  return `0x${bytes.toString('hex')}`
}

type Making = {
  /** Lines of the settings of OpenSSL. */
  readonly settings: readonly string[]
  /** Whether `args` needs a signing request instead of the key. */
  readonly request?: true
  readonly args: (settings: string, keyOrRequest: string) => readonly string[]
}

/** Makes a key, and a certificate for it with OpenSSL. The files in between are closed to other users. */
export function withOpenssl(folder: string, { settings, request, args }: Making) {
  const scratch = mkdtempSync(join(folder, 'draft-'))
  try {
    const at = (name: string) => join(scratch, name)
    const key = newKey()
    writeFileSync(at('key.pem'), key, { mode: 0o600 })
    writeFileSync(at('settings'), ['[req]', ...settings, ''].join('\n'))
    if (request) {
      const asked = openssl(['req', '-new', '-config', at('settings'), '-key', at('key.pem')])
      writeFileSync(at('request.pem'), asked)
    }
    return {
      key,
      certificate: openssl(args(at('settings'), at(request ? 'request.pem' : 'key.pem'))),
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function openssl(args: readonly string[]): string {
  try {
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { code, stderr } = error as { readonly code?: string; readonly stderr?: string }
    if (code === 'ENOENT')
      throw new InputError(
        'ingress.tls.selfSigned needs the program openssl, which is not installed. Install it, or name a certificate with ingress.tls.certFile and ingress.tls.keyFile.',
      )
    throw new Error(`openssl ${args[0] ?? ''} failed: ${stderr?.trim() ?? ''}`, { cause: error })
  }
}
