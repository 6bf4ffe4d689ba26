import { expect } from 'chai'
import { accessWarnings } from '../../../infra/config/access.ts'
import { toConfig } from '../../../infra/config/config.ts'
import { completeConfig } from '../../../infra/config/recorded-config.ts'
import { dockerPlacement } from '../../../infra/docker/placement.ts'
import { foldersOf } from '../../../infra/local/folders.ts'
import { localPlacement } from '../../../infra/local/placement.ts'
import { eventsAddress, isOpenForWorkers, speaksTls } from '../../../infra/topology/addresses.ts'
import { unknownPolicyOf } from '../../../infra/topology/environment.ts'
import { servicesOf, topologyOf, vehiclesPlan } from '../../../infra/topology/topology.ts'

type Recorded = Record<string, unknown> &
  Record<'images' | 'ingress' | 'objects', Record<string, unknown>>

/** What the version before devices, TLS and ClickHouse has recorded about its platform. */
function earlierConfig(settings: readonly string[] = []): Recorded {
  const recorded = JSON.parse(JSON.stringify(toConfig({}, settings))) as Recorded
  for (const [section, key] of [
    [recorded, 'devices'],
    [recorded, 'clickhouse'],
    [recorded.ingress, 'tls'],
    [recorded.images, 'versitygw'],
    [recorded.objects, 'hostPort'],
  ] as const)
    Reflect.deleteProperty(section, key)
  return recorded
}

describe('the configuration that an earlier version has recorded', () => {
  const settings = ['ingress.hostPort=5055', 'ingress.hostAddress=0.0.0.0', 'producer.instances=2']
  const config = completeConfig(earlierConfig(settings))

  it('keeps its values, and gets the keys that the version does not know', () => {
    expect(config.ingress).to.include({ hostPort: 5055, hostAddress: '0.0.0.0' })
    expect(config.clickhouse).to.deep.equal(toConfig({}).clickhouse)
    expect(speaksTls(config)).to.equal(false)
    expect(isOpenForWorkers(config)).to.equal(false)
  })

  it('accepts every vehicle, because the version has no devices', () => {
    expect(unknownPolicyOf(config)).to.equal('accept')
  })

  it('is enough for the commands that work beside the platform', () => {
    const folders = foldersOf('/clone', '/home')
    for (const placement of [localPlacement(config, folders), dockerPlacement(config)]) {
      const names = servicesOf(topologyOf(config, placement, 0)).map(({ name }) => name)
      expect(names).to.include.members(['producer-1', 'consumer-0', 'ingress-0'])
    }
    const vehicles = { seed: 1, firstVehicle: 0, numVehicles: 1 }
    expect(vehiclesPlan(config, dockerPlacement(config), vehicles).role).to.equal('fleet')
    expect(eventsAddress(config)).to.match(/^http:.*:5055\/events$/)
    expect(accessWarnings(config)).to.be.an('array')
  })

  it('is unchanged if this version has recorded it', () => {
    const recorded = toConfig({}, ['devices.unknown=refuse', 'ingress.tls.minVersion="1.3"'])
    expect(completeConfig(recorded)).to.deep.equal(recorded)
  })
})
