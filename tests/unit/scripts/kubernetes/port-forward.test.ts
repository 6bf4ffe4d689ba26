import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { expect } from 'chai'
import { Cluster } from '../../../../scripts/targets/kubernetes/cluster.ts'
import { PortForward } from '../../../../scripts/targets/kubernetes/port-forward.ts'
import { createKafka } from '../../../../services/adapters/kafka/client.ts'
import { createLogger } from '../../../../services/runtime/logger.ts'
import { FakeKubectl } from '../../../support/fake-kubectl.ts'
import { until } from '../../../support/until.ts'

describe('a port that leads to a pod', () => {
  let kubectl: FakeKubectl
  let pod: Server
  let podPort: number

  beforeEach(async () => {
    kubectl = new FakeKubectl()
    pod = createServer((client: Socket) => {
      client.on('error', () => undefined)
      client.end('the pod')
    })
    pod.listen(0, '127.0.0.1')
    await once(pod, 'listening')
    podPort = (pod.address() as AddressInfo).port
    kubectl.reach({ 9092: podPort })
  })

  afterEach(() => {
    pod.close()
    kubectl[Symbol.dispose]()
  })

  const cluster = new Cluster('test', 'av-telemetry')

  async function answerOf({ address }: PortForward): Promise<string> {
    const socket = connect(address)
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => (text += part))
    await once(socket, 'close')
    return text
  }

  it('is a free port of loopback, forwarded by kubectl in context and namespace', async () => {
    using forward = await PortForward.open(cluster, { object: 'statefulset/kafka-0', port: 9092 })
    expect(await answerOf(forward)).to.equal('the pod')
    expect(kubectl.calls().map(({ args }) => args)).to.deep.equal([
      [
        ...['port-forward', '--context=test', '--namespace=av-telemetry', '--address=127.0.0.1'],
        ...['statefulset/kafka-0', `${forward.address.port}:9092`],
      ],
    ])
  })

  it('leads to the next pod when kubectl has lost the first one', async () => {
    using forward = await PortForward.open(cluster, { object: 'statefulset/kafka-0', port: 9092 })
    kubectl.endForwards()
    await until(
      'the next pod answers',
      async () => (await answerOf(forward).catch(() => '')) === 'the pod',
    )
    const ports = kubectl.calls().map(({ args }) => args.at(-1))
    expect(ports).to.deep.equal(ports.map(() => `${forward.address.port}:9092`))
    expect(ports).to.have.length.above(1)
  })

  it('is closed with the forward', async () => {
    const forward = await PortForward.open(cluster, { object: 'statefulset/kafka-0', port: 9092 })
    forward[Symbol.dispose]()
    await until('nothing listens', () =>
      answerOf(forward).then(
        () => false,
        () => true,
      ),
    )
  })

  it('is where a client of Kafka connects instead of the address of the broker', async () => {
    const logger = createLogger('test', 'silent')
    const connected = once(pod, 'connection')
    const kafka = createKafka(
      {
        ...{ brokers: ['kafka-0.invalid:9092'], topic: 'readings', failsAtOnce: true },
        reachedAt: { 'kafka-0.invalid:9092': { host: '127.0.0.1', port: podPort } },
      },
      'test',
      logger,
    )
    const admin = kafka.client((own) => own.admin({ retry: { retries: 0 } }))
    await Promise.all([connected, admin.connect().catch(() => undefined)])
    admin.close()
  })
})
