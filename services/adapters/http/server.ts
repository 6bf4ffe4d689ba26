import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ListenAddress = { readonly host: string; readonly port: number }

/** A server that listens; disposing it lets the requests under way end. */
export type Listening = AsyncDisposable & { readonly port: number }

const limits = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 65_000,
}
/** Milliseconds that requests under way have when the server stops. */
const drainLimit = 8_000

/** Serves `listener`. Rejects where the port is taken. */
export async function listen(
  listener: RequestListener,
  address: ListenAddress,
): Promise<Listening> {
  const server = createServer(limits, listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => drain(server),
  }
}

async function drain(server: Server): Promise<void> {
  // A connection that is kept alive would be given the next request otherwise.
  server.prependListener('request', (_, response) => {
    response.setHeader('connection', 'close')
  })
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  server.closeIdleConnections()
  const cut = setTimeout(() => {
    server.closeAllConnections()
  }, drainLimit)
  await closed
  clearTimeout(cut)
}
