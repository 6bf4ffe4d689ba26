import { isIP, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import type { ISocketFactory, KafkaConfig } from 'kafkajs'
import { Kafka } from 'kafkajs'
import { userOfPeer } from '../../runtime/process/network/peer-user.ts'
import { registerCodecs } from './codecs/codecs.ts'
import type { KafkaLogin } from './requests/login-request.ts'
import { loginRequest } from './requests/login-request.ts'
import type {
  FetchedPartition,
  FetchSize,
  PartitionPosition,
  ProtocolRequest,
  Receiver,
} from './requests/protocol-requests.ts'
import { ProtocolRequests } from './requests/protocol-requests.ts'
import { topicIdRequest } from './requests/topic-ids.ts'

export type ClosableKafkaConfig = Omit<KafkaConfig, 'socketFactory'> & {
  /**
   * Called for each new connection, before the first request on it. kafkajs has no event for that.
   */
  readonly onConnection?: () => void
  /**
   * Users of this machine whose programs may get the login. If a program of another user has accepted a connection
   * on loopback, it is closed before the login is sent. Undefined: no check, because this login does not show the
   * password.
   */
  readonly trustedUsers?: readonly number[]
  /** Where the client connects instead, by the address `HOST:PORT` that a broker has in Kafka. */
  readonly reachedAt?: Readonly<Record<string, { readonly host: string; readonly port: number }>>
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
    const { onConnection, trustedUsers, reachedAt = {}, ...given } = config
    const sockets = new ClosableSockets({ onConnection, trustedUsers, reachedAt })
    super({ ...given, socketFactory: sockets.open })
    this.#config = config
    this.#sockets = sockets
  }

  /** Creates a client with separate connections. */
  client<Client extends object>(create: (kafka: Kafka) => Client): Client & Connections {
    const separate = new ClosableKafka(this.#config)
    const sockets = separate.#sockets
    const requests = new ProtocolRequests(separate)
    return Object.assign(create(separate), {
      topicId: (topic: string, nodeId?: number) =>
        requests.send(topicIdRequest(topic), nodeId ?? 'any'),
      fetchFrom: (position: PartitionPosition, size: FetchSize) => requests.fetch(position, size),
      request: <Answer>(request: ProtocolRequest<Answer>, to: Receiver) =>
        requests.send(request, to),
      setLogin: (login: KafkaLogin) => requests.send(loginRequest(login), 'controller'),
      close: () => {
        sockets.close()
      },
      endFetches: () => {
        sockets.endFetches()
      },
    })
  }
}

/** The connections of one client. */
export type Connections = {
  /**
   * The id of a topic, as a broker knows it now.
   *
   * @param nodeId the broker; by default any that is connected
   * @returns `noTopicId` if the broker does not know the topic; undefined if it does not report ids
   */
  readonly topicId: (topic: string, nodeId?: number) => Promise<string | undefined>
  /** Fetches records of one partition without a consumer group. */
  readonly fetchFrom: (position: PartitionPosition, size: FetchSize) => Promise<FetchedPartition>
  /** Sends a request that kafkajs does not implement. @returns undefined if the broker does not know its version */
  readonly request: <Answer>(
    request: ProtocolRequest<Answer>,
    to: Receiver,
  ) => Promise<Answer | undefined>
  /** Creates a login, or changes its password. @throws Error if Kafka refuses it */
  readonly setLogin: (login: KafkaLogin) => Promise<void>
  /** Closes all connections and refuses new ones. */
  readonly close: () => void
  /** Makes a fetch that waits for records reject. kafkajs uses one connection for nothing but fetches. */
  readonly endFetches: () => void
}

const keepAliveMs = 60_000
/** The first pause between two looks whether a connection was accepted. Each one takes milliseconds of CPU. */
const firstCheckMs = 5
/** Each pause is twice as long as the one before, up to this one. */
const maxCheckMs = 80

type SocketOptions = {
  readonly onConnection: ClosableKafkaConfig['onConnection'] | undefined
  readonly trustedUsers: ClosableKafkaConfig['trustedUsers'] | undefined
  readonly reachedAt: NonNullable<ClosableKafkaConfig['reachedAt']>
}

type Attempt = Parameters<ISocketFactory>[0]

/** Opens sockets like kafkajs does by default. */
class ClosableSockets {
  readonly #open = new Set<KafkaSocket | KafkaTlsSocket>()
  readonly #options: SocketOptions
  #isClosed = false

  constructor(options: SocketOptions) {
    this.#options = options
  }

  readonly open: ISocketFactory = (attempt) => {
    if (this.#isClosed) throw new Error('the client is closed')
    this.#options.onConnection?.()
    // kafkajs types `ssl` as always set.
    const isEncrypted = (attempt.ssl as ConnectionOptions | null | undefined) != null
    const socket = isEncrypted ? this.#connectEncrypted(attempt) : this.#connect(attempt)
    socket.setKeepAlive(true, keepAliveMs)
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    return socket
  }

  /** The certificate says who is at the other end, so its user is not checked. */
  #connectEncrypted({ host, port, ssl, onConnect }: Attempt): KafkaTlsSocket {
    const servername = isIP(host) === 0 ? { servername: host } : {}
    const socket = connectTls({ ...this.#addressOf({ host, port }), ...servername, ...ssl }, () => {
      // kafkajs has given up the attempt.
      if (socket.writableEnded) socket.destroy()
      else onConnect()
    })
    return noteFetches(socket)
  }

  #connect({ host, port, onConnect }: Attempt): KafkaSocket {
    const socket = new KafkaSocket()
    let isConnected = false
    const check = (pauseMs: number): void => {
      if (socket.destroyed) return
      // kafkajs has given up the attempt. It may use the same object for the next one.
      if (socket.writableEnded) {
        socket.destroy(new Error('the attempt has ended'))
        return
      }
      const peer = this.#peerOf(socket)
      if (peer === 'trusted') {
        isConnected = true
        onConnect()
      } else if (peer !== 'not-accepted') socket.destroy(new Error(peer.fault))
      else setTimeout(check, pauseMs, Math.min(maxCheckMs, 2 * pauseMs))
    }
    // Before the connect, kafkajs does not reject the attempt at the end of a connection, only at an error.
    socket.once('end', () => {
      if (!isConnected) socket.destroy(new Error('the broker closed the connection'))
    })
    return socket.connect(this.#addressOf({ host, port }), () => {
      check(firstCheckMs)
    })
  }

  #addressOf({ host, port }: Pick<Attempt, 'host' | 'port'>) {
    return this.#options.reachedAt[`${host}:${port}`] ?? { host, port }
  }

  /** Whether the login may be sent to the program at the other end; otherwise why not. */
  #peerOf(socket: KafkaSocket): 'trusted' | 'not-accepted' | { readonly fault: string } {
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket
    const { trustedUsers } = this.#options
    if (trustedUsers === undefined || !remoteAddress.startsWith('127.')) return 'trusted'
    const peer = userOfPeer({ localAddress, localPort, remoteAddress, remotePort })
    if (peer.kind === 'not-accepted') return peer.kind
    if (peer.kind === 'unknown' || trustedUsers.includes(peer.uid)) return 'trusted'
    return {
      fault: `a program of another user (uid ${peer.uid}) has the port of Kafka ${remoteAddress}:${remotePort}, so the password was not sent; end it`,
    }
  }

  /** The error makes kafkajs reject the requests that wait for a response. */
  close(): void {
    this.#isClosed = true
    for (const socket of this.#open) socket.destroy(new Error('the client is closed'))
  }

  endFetches(): void {
    for (const socket of this.#open)
      if (socket.isForFetches) socket.destroy(new Error('the client stops'))
  }
}

/** Each request begins with its length, followed by the number of its API (Kafka protocol guide). */
const [apiKeyAt, fetchApiKey] = [4, 1]

function isFetch(request: unknown): boolean {
  if (!(request instanceof Uint8Array) || request.length < apiKeyAt + 2) return false
  return request[apiKeyAt] === 0 && request[apiKeyAt + 1] === fetchApiKey
}

class KafkaSocket extends Socket {
  /** Whether the last request was a fetch. */
  isForFetches = false

  override _write(
    request: unknown,
    ...rest: [BufferEncoding, (error?: Error | null) => void]
  ): void {
    this.isForFetches = isFetch(request)
    super._write(request, ...rest)
  }
}

type KafkaTlsSocket = TLSSocket & { isForFetches: boolean }

/** Node makes the object of a connection with TLS, so it cannot be one of a class of ours. */
function noteFetches(socket: TLSSocket): KafkaTlsSocket {
  const write = socket._write.bind(socket)
  const noted = Object.assign(socket, { isForFetches: false })
  noted._write = (request: unknown, ...rest) => {
    noted.isForFetches = isFetch(request)
    write(request, ...rest)
  }
  return noted
}
