import type { Socket } from 'node:net'
import { connect } from 'node:net'
import type { ISocketFactory, KafkaConfig } from 'kafkajs'
import { Kafka } from 'kafkajs'
import { registerCodecs } from './codecs/codecs.ts'

export type ClosableKafkaConfig = Omit<KafkaConfig, 'socketFactory'> & {
  /**
   * Called for each new connection, before the first request on it. kafkajs has no event for that.
   */
  readonly onConnection?: () => void
}

/**
 * Creates clients whose connections can be closed at once. `disconnect()` of kafkajs leaves some open:
 * it waits for responses that a broker whose address is gone never sends, it does not end a connect that
 * is in progress, and a call in flight connects again afterwards.
 */
export class ClosableKafka extends Kafka {
  readonly #config: ClosableKafkaConfig
  readonly #sockets: ClosableSockets

  constructor(config: ClosableKafkaConfig) {
    registerCodecs()
    const sockets = new ClosableSockets(config.onConnection)
    super({ ...config, socketFactory: sockets.open })
    this.#config = config
    this.#sockets = sockets
  }

  /** Creates a client with separate connections. `close` closes them and refuses new ones. */
  client<Client extends object>(create: (kafka: Kafka) => Client): Client & { close: () => void } {
    const separate = new ClosableKafka(this.#config)
    return Object.assign(create(separate), {
      close: () => {
        separate.#sockets.close()
      },
    })
  }
}

const keepAliveMs = 60_000

/** Opens sockets like kafkajs does by default. */
class ClosableSockets {
  readonly #open = new Set<Socket>()
  readonly #onConnection: (() => void) | undefined
  #isClosed = false

  constructor(onConnection: (() => void) | undefined) {
    this.#onConnection = onConnection
  }

  readonly open: ISocketFactory = ({ host, port, onConnect }) => {
    if (this.#isClosed) throw new Error('the client is closed')
    this.#onConnection?.()
    const socket = connect({ host, port }, onConnect).setKeepAlive(true, keepAliveMs)
    this.#open.add(socket)
    return socket.once('close', () => this.#open.delete(socket))
  }

  /** The error makes kafkajs reject the requests that wait for a response. */
  close(): void {
    this.#isClosed = true
    for (const socket of this.#open) socket.destroy(new Error('the client is closed'))
  }
}
