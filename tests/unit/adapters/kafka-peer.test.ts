import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import type { PeerUser } from '../../../services/runtime/process/network/peer-user.ts'
import { userOfPeer } from '../../../services/runtime/process/network/peer-user.ts'
import { Resources } from '../../../services/runtime/resources.ts'
import { unprivilegedUid } from '../../support/unprivileged-user.ts'
import { until } from '../../support/until.ts'

const password = 'a-password-of-kafka'

/**
 * Answers like a broker up to the login, and prints what it receives. Requests: length, API key, version, correlation
 * id (Kafka protocol guide). With the argument `once` it closes the listening socket at the first connection,
 * with `end` it closes each connection.
 */
const program = `
  const answers = {
    18: Buffer.from('0000' + '00000002' + '001100000001' + '002400000000' + '00000000', 'hex'),
    17: Buffer.from('0000' + '00000001' + '0005' + Buffer.from('PLAIN').toString('hex'), 'hex'),
  }
  const server = require('node:net').createServer((socket) => {
    if (process.argv.includes('once')) server.close()
    if (process.argv.includes('end')) return socket.end()
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      process.stdout.write('received ' + bytes.toString('latin1') + '\\n')
      const answer = answers[bytes.readInt16BE(4)]
      if (answer === undefined) return socket.destroy()
      const head = Buffer.alloc(8)
      head.writeInt32BE(answer.length + 4)
      bytes.copy(head, 4, 8, 12)
      socket.write(Buffer.concat([head, answer]))
    })
  })
  server.listen(0, '127.0.0.1', () => process.stdout.write('port ' + server.address().port + '\\n'))
`

type Listener = {
  readonly child: ChildProcess
  readonly port: number
  readonly printed: () => string
}

/** Runs the program, until the test has ended. */
async function withListener<Result>(
  { uid, args = [] }: { readonly uid?: number; readonly args?: readonly string[] },
  use: (listener: Listener) => Promise<Result>,
): Promise<Result> {
  const user = uid === undefined ? {} : { uid, gid: uid }
  const child = spawn(process.execPath, ['-e', program, '--', ...args], { cwd: '/', ...user })
  let printed = ''
  child.stdout.setEncoding('latin1').on('data', (text: string) => (printed += text))
  try {
    await until('the program listens', () => printed.includes('port '))
    const port = Number(/port (\d+)/.exec(printed)?.[1])
    return await use({ child, port, printed: () => printed })
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}

/**
 * Connects once as our services do.
 *
 * @param closes whether it closes all connections afterwards
 * @returns the error of the client
 */
async function logIn({ port }: Pick<Listener, 'port'>, closes = true): Promise<string> {
  const login = { mechanism: 'plain', username: 'av_telemetry', password } as const
  const settings = { brokers: [`127.0.0.1:${port}`], topic: 'diag', login, failsAtOnce: true }
  const kafka = createKafka(settings, 'a-test', createLogger('test', 'silent'))
  const admin = kafka.client((own) => own.admin({ retry: { retries: 0 } }))
  const error: unknown = await admin.connect().catch((reason: unknown) => reason)
  if (closes) admin.close()
  return String(error)
}

/** The user at the other end of a connection of this process. */
function peerOf({
  localAddress = '',
  localPort = 0,
  remoteAddress = '',
  remotePort = 0,
}: Socket): PeerUser {
  return userOfPeer({ localAddress, localPort, remoteAddress, remotePort })
}

async function connectTo(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

describe('a program that listens at the port of Kafka (skipped if not on Linux)', function () {
  this.timeout(30_000)

  before(function () {
    if (process.platform !== 'linux') this.skip()
  })

  it('receives the password if it belongs to the user of the platform', async () => {
    await withListener({}, async (listener) => {
      // A busy machine may end an attempt before the client sends the password.
      await until('the program receives the password', async () => {
        await logIn(listener)
        return listener.printed().includes(password)
      })
    })
  })

  for (const [title, args] of [
    ['another user', []],
    ['another user, and closes its listening socket', ['once']],
  ] as const) {
    it(`does not receive the password if it belongs to ${title} (skipped if not root)`, async function () {
      if (process.getuid?.() !== 0) this.skip()
      await withListener({ uid: unprivilegedUid, args }, async (listener) => {
        expect(await logIn(listener)).to.match(
          /a program of another user \(uid 65534\) has the port of Kafka 127\.0\.0\.1:\d+, so the password was not sent/,
        )
        expect(listener.printed()).to.not.include('received ')
      })
    })
  }

  it('is not trusted before it has accepted the connection', async () => {
    await withListener({}, async ({ child, port }) => {
      child.kill('SIGSTOP')
      const socket = await connectTo(port)
      expect(peerOf(socket)).to.deep.equal({ kind: 'not-accepted' })
      child.kill('SIGCONT')
      const own = { kind: 'user', uid: process.getuid?.() }
      await until('it accepts', () => peerOf(socket).kind === 'user')
      expect(peerOf(socket)).to.deep.equal(own)
      socket.destroy()
    })
  })

  it('makes an attempt fail if it closes the connection when it has accepted it', async () => {
    await withListener({ args: ['end'] }, async ({ child, port }) => {
      // The client looks every few milliseconds. In most of the attempts the connection is closed before.
      for (let attempt = 0; attempt < 20; attempt += 1) {
        child.kill('SIGSTOP')
        const error = logIn({ port })
        await wait(20)
        child.kill('SIGCONT')
        const late = wait(2_000, 'no error')
        expect(await Promise.race([error, late])).to.match(
          /closed the connection|Closed connection/,
        )
      }
    })
  })

  it('is no longer watched after the attempt if it never accepts the connection', async () => {
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await withListener({}, async ({ child, port }) => {
      child.kill('SIGSTOP')
      const before = timers()
      expect(await logIn({ port }, false)).to.match(/Connection timeout/)
      await until('no timer is left', () => timers() <= before, 2)
    })
  })

  it('is found at addresses of IPv4 and of IPv6', async () => {
    for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
      const server = createServer().listen(0, host)
      await once(server, 'listening')
      const socket = await connectTo((server.address() as AddressInfo).port)
      const own = { kind: 'user', uid: process.getuid?.() }
      await until('it accepts', () => peerOf(socket).kind === 'user')
      expect(peerOf(socket), host).to.deep.equal(own)
      socket.destroy()
      server.close()
    }
  })

  it('does not count if another program has the connection', async () => {
    await using resources = new Resources()
    const open = async (options: { port: number; host: string; ipv6Only?: boolean }) => {
      const server = createServer().listen(options)
      resources.adopt(server, (each) => {
        each.close()
        return Promise.resolve()
      })
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    }
    const port = await open({ port: 0, host: '127.0.0.1' })
    // A user who listens at the same port for IPv6 only must not keep our clients away.
    await open({ port, host: '::', ipv6Only: true })
    const socket = await connectTo(port)
    resources.adopt(socket, (each) => {
      each.destroy()
      return Promise.resolve()
    })
    await until('it accepts', () => peerOf(socket).kind === 'user')
  })
})
