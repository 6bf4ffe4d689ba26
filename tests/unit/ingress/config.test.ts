import { expect } from 'chai'
import { readConfig } from '../../../services/ingress/config.ts'

const environment = {
  LOG_LEVEL: 'info',
  HTTP_HOST: '0.0.0.0',
  HTTP_PORT: '5001',
  PRODUCERS: '10.0.0.1:5101,[::1]:5102',
  PRODUCERS_OPS: '10.0.0.1:5301,[::1]:5302',
}

describe('ingress config', () => {
  it('pairs each producer with its health port, IPv6 addresses without their brackets', () => {
    expect(readConfig(environment)).to.deep.equal({
      logLevel: 'info',
      http: { host: '0.0.0.0', port: 5001 },
      producers: [
        { main: { host: '10.0.0.1', port: 5101 }, ops: { host: '10.0.0.1', port: 5301 } },
        { main: { host: '::1', port: 5102 }, ops: { host: '::1', port: 5302 } },
      ],
    })
  })

  it('reports what is not set', () => {
    expect(() => readConfig({ ...environment, PRODUCERS: '', HTTP_PORT: '' })).to.throw(
      /PRODUCERS is not set;[^]*HTTP_PORT is not set;/,
    )
  })

  for (const address of ['10.0.0.1', ':5101', '10.0.0.1:', '10.0.0.1:x', '10.0.0.1:70000']) {
    it(`reports the producer ${address}, which is no host:port`, () => {
      expect(() => readConfig({ ...environment, PRODUCERS: address })).to.throw('PRODUCERS is ')
    })
  }

  it('reports health ports that are not as many as the producers', () => {
    const fewer = { ...environment, PRODUCERS_OPS: '10.0.0.1:5301' }
    expect(() => readConfig(fewer)).to.throw('as many as in PRODUCERS')
  })
})
