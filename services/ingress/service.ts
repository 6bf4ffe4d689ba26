import type { Socket } from 'node:net'
import { ConnectionLimit } from '../adapters/http/limits/connection-limit.ts'
import { logLimits } from '../adapters/http/limits/limit-report.ts'
import type { Running } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import type { IngressConfig } from './config.ts'
import { createForwarder } from './forward.ts'
import { CertificateWatch, describeCertificate, readCertificatePair } from './certificate.ts'
import { TlsEnd } from './tls-end.ts'
import { ProducerWatch } from './watch-producers.ts'

/** When the ingress stops, connections that are still open after this time are closed. */
const drainTimeoutMs = 3_000

/** Starts to forward connections to ready producers; disposing stops it. */
export async function startIngress(config: IngressConfig, logger: Logger): Promise<Running> {
  const watch = new ProducerWatch(config.producers, logger)
  const stopWatch = new AbortController()
  const tls = openTls(config, logger)
  const limit = new ConnectionLimit(config.maxConnectionsPerClient, logLimits(logger))
  const server = createForwarder({
    readyProducers: () => watch.ready,
    limit,
    proxySecret: config.proxySecret,
    tls: tls?.end,
  })
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.http.port, config.http.host, resolve)
  })
  const watches = tls === undefined ? [watch] : [watch, tls.watch]
  const watchEnded = Promise.all(watches.map((each) => each.watch(stopWatch.signal)))
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
      })
      const forceClose = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, drainTimeoutMs)
      await closed
      clearTimeout(forceClose)
      stopWatch.abort()
      await watchEnded
    },
  }
}

/** @throws Error if the certificate cannot be used */
function openTls({ tls }: IngressConfig, logger: Logger) {
  if (tls === undefined) return undefined
  const pair = readCertificatePair(tls)
  const end = new TlsEnd(pair, tls)
  logger.info(describeCertificate(pair), 'certificate-loaded')
  const replace = (next: typeof pair): void => {
    end.replace(next)
  }
  return { end, watch: new CertificateWatch(tls, pair, { replace, logger }) }
}
