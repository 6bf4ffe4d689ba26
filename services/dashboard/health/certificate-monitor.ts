import { X509Certificate } from 'node:crypto'
import { connect, createSecureContext } from 'node:tls'
import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { poll } from '../../runtime/poll.ts'
import { isKeyOfCertificate } from '../../runtime/process/network/certificate-key.ts'
import { readRegularFile } from '../../runtime/process/regular-file.ts'
import type { DashboardConfig } from '../config.ts'

/** Longer than the ingress takes to use changed files. */
const intervalMs = 10_000
const timeoutMs = 5_000
const maxFileBytes = 1024 * 1024

type WatchedTls = NonNullable<DashboardConfig['ingress']['watchedTls']>

/** Connects to the ingress with TLS every 10 s, and reports its certificate as metrics. */
export class CertificateMonitor {
  readonly #tls: WatchedTls
  readonly #expiry: Gauge
  readonly #unused: Gauge
  #differed = false

  constructor(tls: WatchedTls, registry: Registry) {
    this.#tls = tls
    const registers = [registry]
    this.#expiry = new Gauge({
      name: 'telemetry_ingress_certificate_expiry_timestamp_seconds',
      help: 'Expiry time of the certificate that the ingress presents, in Unix seconds. 0 if it does not answer over TLS.',
      registers,
    })
    this.#unused = new Gauge({
      name: 'telemetry_ingress_certificate_unused',
      help: '1 if the ingress does not use the files of ingress.tls, because they are missing or cannot be used; otherwise 0. Always 0 on Docker.',
      registers,
    })
  }

  run(signal: AbortSignal): Promise<void> {
    return poll(() => this.check(), { intervalMs, signal })
  }

  async check(): Promise<void> {
    const shown = await this.#shown()
    this.#expiry.set(shown === undefined ? 0 : Date.parse(shown.validTo) / 1000)
    const { files } = this.#tls
    if (files === undefined) return
    const differs = shown?.fingerprint256 !== fingerprintOf(files)
    // The ingress reads the files every 2 s, so a difference counts if two checks find it.
    this.#unused.set(differs && this.#differed ? 1 : 0)
    this.#differed = differs
  }

  /** The certificate of the ingress; undefined without an answer. */
  #shown(): Promise<X509Certificate | undefined> {
    return new Promise((resolve) => {
      // Trust is not checked here.
      const socket = connect({ ...this.#tls.address, rejectUnauthorized: false }, () => {
        resolve(socket.getPeerX509Certificate())
        socket.destroy()
      })
      socket.setTimeout(timeoutMs, () => socket.destroy())
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        resolve(undefined)
      })
    })
  }
}

/** Undefined if the files cannot be used. */
function fingerprintOf({ certFile, keyFile }: NonNullable<WatchedTls['files']>) {
  try {
    const [cert, key] = [certFile, keyFile].map((file) => readRegularFile(file, maxFileBytes))
    if (cert === undefined || key === undefined) return undefined
    createSecureContext({ cert, key })
    if (!isKeyOfCertificate(key, cert)) return undefined
    return new X509Certificate(cert).fingerprint256
  } catch {
    return undefined
  }
}
