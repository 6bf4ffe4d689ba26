import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { logLevel } from 'kafkajs'
import { ClosableKafka } from '../../../services/adapters/kafka/closable-kafka.ts'
import { RegistryReader } from '../../../services/devices/registry-reader.ts'
import { captureLog } from '../../support/captured-log.ts'
import { until } from '../../support/until.ts'

describe('RegistryReader', () => {
  it('logs each reason once for which it cannot read the devices', async () => {
    let connections = 0
    const broker = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    await once(broker.listen(0, '127.0.0.1'), 'listening')
    const { port } = broker.address() as AddressInfo
    const retry = { retries: 0, initialRetryTime: 10 }
    const brokers = [`127.0.0.1:${port}`]
    const kafka = new ClosableKafka({ brokers, retry, logLevel: logLevel.NOTHING })
    const { logger, lines } = captureLog()
    await using reader = new RegistryReader(kafka, { topic: 'fleet.devices', logger })
    reader.start()
    await until('the broker has closed several connections', () => connections >= 6)
    broker.close()
    await once(broker, 'close')
    await until('the other reason is logged', () =>
      lines.some(({ error }) => String(error).includes('ECONNREFUSED')),
    )
    const errors = lines.map(({ error }) => error)
    expect(new Set(errors).size).to.equal(errors.length)
    expect(errors.length).to.be.at.least(2)
    expect(new Set(lines.map(({ event }) => event))).to.deep.equal(new Set(['devices-not-read']))
  })
})
