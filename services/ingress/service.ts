import type { Socket } from 'node:net'
import { ConnectionLimit } from '../adapters/http/limits/connection-limit.ts'
import { logLimits } from '../adapters/http/limits/limit-report.ts'
import type { Running } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import type { IngressConfig } from './config.ts'
import { createForwarder } from './forward.ts'
import { ProducerWatch } from './watch-producers.ts'

/** When the ingress stops, connections that are still open after this time are closed. */
const drainTimeoutMs = 3_000

/** Starts to forward connections to ready producers; disposing stops it. */
export async function startIngress(config: IngressConfig, logger: Logger): Promise<Running> {
  const watch = new ProducerWatch(config.producers, logger)
  const stopWatch = new AbortController()
  const limit = new ConnectionLimit(config.maxConnectionsPerClient, logLimits(logger))
  const server = createForwarder({
    readyProducers: () => watch.ready,
    limit,
    proxySecret: config.proxySecret,
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
  const watchEnded = watch.watch(stopWatch.signal)
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
