import { expect } from 'chai'
import { TimeoutError } from '../../../services/adapters/kafka/with-timeout.ts'
import { ReconnectingClient } from '../../../services/adapters/kafka/reconnecting-client.ts'

/** A fake client that records its instances. `isAway` makes connect fail. */
class Connection {
  static made: Connection[] = []
  static isAway = false
  isConnected = false

  constructor() {
    Connection.made.push(this)
  }

  connect = (): Promise<void> => {
    if (Connection.isAway) return Promise.reject(new Error('away'))
    this.isConnected = true
    return Promise.resolve()
  }

  disconnect = (): Promise<void> => {
    this.isConnected = false
    return Promise.resolve()
  }
}

const never = (): Promise<never> => new Promise(() => undefined)
const callError = new Error('call failed')
const number = (): Promise<number> => Promise.resolve(7)

/** A call that is pending until `happen` makes it fail. */
class LateFailure {
  happen = (): void => undefined
  readonly promise = new Promise<never>((_, reject) => {
    this.happen = () => {
      reject(callError)
    }
  })
}

describe('ReconnectingClient', () => {
  beforeEach(() => {
    Connection.made = []
    Connection.isAway = false
  })

  async function failure(call: Promise<unknown>): Promise<unknown> {
    return call.then(
      () => undefined,
      (error: unknown) => error,
    )
  }

  it('connects once for many calls', async () => {
    const client = new ReconnectingClient(() => new Connection(), 1_000)
    expect(await Promise.all([client.use(number), client.use(number)])).to.deep.equal([7, 7])
    expect(Connection.made.length).to.equal(1)
  })

  it('causes no warning of Node while many calls are in flight', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => {
      warnings.push(warning)
    }
    process.on('warning', onWarning)
    const client = new ReconnectingClient(() => new Connection(), 1_000)
    const calls = Array.from({ length: 20 }, () => client.use(number))
    await new Promise(setImmediate)
    await Promise.all(calls)
    process.off('warning', onWarning)
    expect(warnings).to.deep.equal([])
  })

  it('replaces and disconnects the client after a call that times out', async () => {
    await using client = new ReconnectingClient(() => new Connection(), 20)
    expect(await failure(client.use(never))).to.be.instanceOf(TimeoutError)
    expect(await client.use(number)).to.equal(7)
    expect(Connection.made.map(({ isConnected }) => isConnected)).to.deep.equal([false, true])
  })

  it('keeps the client after a call that fails', async () => {
    await using client = new ReconnectingClient(() => new Connection(), 1_000)
    expect(await failure(client.use(() => Promise.reject(callError)))).to.equal(callError)
    expect(await client.use(number)).to.equal(7)
    expect(Connection.made.length).to.equal(1)
  })

  it('replaces the client after Kafka has refused its login, so that a renewed password is used', async () => {
    await using client = new ReconnectingClient(() => new Connection(), 1_000)
    const refused = Object.assign(new Error('refused'), { name: 'KafkaJSSASLAuthenticationError' })
    expect(await failure(client.use(() => Promise.reject(refused)))).to.equal(refused)
    expect(await client.use(number)).to.equal(7)
    expect(Connection.made.map(({ isConnected }) => isConnected)).to.deep.equal([false, true])
  })

  it('replaces the client after a failed call if isBroken returns true', async () => {
    await using client = new ReconnectingClient(
      () => new Connection(),
      1_000,
      () => true,
    )
    expect(await failure(client.use(() => Promise.reject(callError)))).to.equal(callError)
    expect(await client.use(number)).to.equal(7)
    expect(Connection.made.map(({ isConnected }) => isConnected)).to.deep.equal([false, true])
  })

  it('keeps the new client when two calls fail on the old client', async () => {
    await using client = new ReconnectingClient(
      () => new Connection(),
      1_000,
      () => true,
    )
    const late = new LateFailure()
    const old = failure(client.use(() => late.promise))
    await failure(client.use(() => Promise.reject(callError)))
    expect(await client.use(number)).to.equal(7)
    late.happen()
    expect(await old).to.equal(callError)
    expect(await client.use(number)).to.equal(7)
    expect(Connection.made.map(({ isConnected }) => isConnected)).to.deep.equal([false, true])
  })

  it('connects again after a failed connect', async () => {
    await using client = new ReconnectingClient(() => new Connection(), 1_000)
    Connection.isAway = true
    expect(await failure(client.use(number))).to.be.instanceOf(Error)
    Connection.isAway = false
    expect(await client.use(number)).to.equal(7)
  })

  it('keeps the new client when the connect of an old client fails late', async () => {
    const late = new LateFailure()
    const create = (): Connection => {
      const connection = new Connection()
      if (Connection.made.length === 1) connection.connect = () => late.promise
      return connection
    }
    await using client = new ReconnectingClient(create, 20)
    expect(await failure(client.use(number))).to.be.instanceOf(TimeoutError)
    expect(await client.use(number)).to.equal(7)
    late.happen()
    await failure(late.promise)
    expect(await client.use(number)).to.equal(7)
    expect(Connection.made.length).to.equal(2)
  })

  it('keeps the new client when a call on an old client times out', async () => {
    await using client = new ReconnectingClient(() => new Connection(), 30)
    const old = failure(client.use(never))
    client.discard()
    expect(await client.use(number)).to.equal(7)
    expect(await old).to.be.instanceOf(TimeoutError)
    expect(await client.use(number)).to.equal(7)
    expect(Connection.made.map(({ isConnected }) => isConnected)).to.deep.equal([false, true])
  })

  it('disconnects the client when it is disposed', async () => {
    const client = new ReconnectingClient(() => new Connection(), 1_000)
    await client.use(number)
    await client[Symbol.asyncDispose]()
    expect(Connection.made.map(({ isConnected }) => isConnected)).to.deep.equal([false])
  })
})
