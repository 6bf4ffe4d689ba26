import { expect } from 'chai'
import { readConfig } from '../../../fleet/config.ts'

const environment = {
  FLEET_HOST: '127.0.0.1:5001',
  FLEET_EVENTS_PATH: '/events',
  FLEET_FIRST_VEHICLE: '0',
  FLEET_NUM_VEHICLES: '10',
  FLEET_REPORT_INTERVAL_SECONDS: '0.5',
  FLEET_SEED: '42',
  FLEET_ORIGIN_LATITUDE: '37.77',
  FLEET_ORIGIN_LONGITUDE: '-122.42',
  FLEET_ORIGIN_ALTITUDE: '16',
  FLEET_JOURNAL_FOLDER: '/data/journal',
  FLEET_JOURNAL_MEGABYTES: '64',
  LOG_LEVEL: 'info',
}

describe('fleet readConfig', () => {
  it('reads all values from the environment', () => {
    expect(readConfig({ ...environment, FLEET_TRACE_FILE: 'drive.csv' })).to.deep.equal({
      logLevel: 'info',
      host: '127.0.0.1:5001',
      path: '/events',
      firstVehicle: 0,
      numVehicles: 10,
      reportIntervalSeconds: 0.5,
      seed: 42,
      origin: { latitude: 37.77, longitude: -122.42, altitude: 16 },
      journal: { folder: '/data/journal', megabytes: 64 },
      traceFile: 'drive.csv',
    })
  })

  it('lists every value that is out of range, with the expected range', () => {
    const wrong = {
      FLEET_HOST: '127.0.0.1',
      FLEET_FIRST_VEHICLE: '-1',
      FLEET_NUM_VEHICLES: '0',
      FLEET_REPORT_INTERVAL_SECONDS: '0',
      FLEET_SEED: '1.5',
      FLEET_ORIGIN_LATITUDE: '91',
      FLEET_JOURNAL_MEGABYTES: '0.5',
    }
    expect(() => readConfig({ ...environment, ...wrong })).to.throw(
      [
        'FLEET_HOST is "127.0.0.1"; it should be the ingress as HOST:PORT or https://HOST:PORT, e.g. 127.0.0.1:5001.',
        'FLEET_FIRST_VEHICLE is "-1"; it should be a whole number from 0 to 979999.',
        'FLEET_NUM_VEHICLES is "0"; it should be a whole number from 1 to 20000.',
        'FLEET_REPORT_INTERVAL_SECONDS is "0"; it should be seconds from 0.05 to 3600.',
        'FLEET_SEED is "1.5"; it should be a whole number from 0 to 4294967295.',
        'FLEET_ORIGIN_LATITUDE is "91"; it should be degrees from -89 to 89.',
        'FLEET_JOURNAL_MEGABYTES is "0.5"; it should be a whole number from 1 to 65536.',
      ].join('\n  '),
    )
  })

  for (const host of ['[::1]:5001', 'ingress:5001', 'example.org:80']) {
    it(`accepts ${host} as HOST:PORT`, () => {
      expect(readConfig({ ...environment, FLEET_HOST: host }).host).to.equal(host)
    })
  }

  for (const host of [
    '::1:5001',
    '[::1:5001',
    '300.1.1.1:5001',
    'a:b:5001',
    'user@a:5001',
    'a?b:1',
  ]) {
    it(`rejects ${host} as HOST:PORT`, () => {
      expect(() => readConfig({ ...environment, FLEET_HOST: host })).to.throw('HOST:PORT')
    })
  }

  it('names a variable that is not set', () => {
    expect(() => readConfig({ ...environment, FLEET_SEED: '' })).to.throw('FLEET_SEED is not set')
  })
})
