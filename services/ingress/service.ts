import type { Socket } from 'node:net'
import type { Running } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import type { IngressConfig } from './config.ts'
import { createForwarder } from './forward.ts'
import { ProducerWatch } from './watch-producers.ts'

/** Milliseconds that connections have to end by themselves when the ingress stops. */
const drainMs = 3_000

/** Forwards connections to ready producers, until disposed. */
export async function startIngress(config: IngressConfig, logger: Logger): Promise<Running> {
  const watch = new ProducerWatch(config.producers, logger)
  const watching = new AbortController()
  const server = createForwarder(() => watch.ready)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.http.port, config.http.host, resolve)
  })
  const watched = watch.watch(watching.signal)
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
      })
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, drainMs)
      await closed
      clearTimeout(cut)
      watching.abort()
      await watched
    },
  }
}
