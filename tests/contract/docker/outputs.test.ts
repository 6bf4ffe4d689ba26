import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { describeGuarantee } from '../../../infra/config/guarantee.ts'
import { declarePlatform, defaultPlatform, largePlatform } from './declared-platform.ts'
import { valueOf } from '../recorder.ts'

describe('Pulumi outputs', () => {
  let folder: string
  let addressFile: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'av-telemetry-outputs-'))
    addressFile = join(folder, 'address')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  it('contain the local and the network address of the ingress', async () => {
    const ingress = { hostPort: 6001, path: '/telemetry', hostAddress: '192.0.2.7', addressFile }
    const { outputs } = await declarePlatform({ ingress })
    expect(await valueOf(outputs.events)).to.equal('http://192.0.2.7:6001/telemetry')
    expect(await valueOf(outputs.networkAddress)).to.equal('http://192.0.2.7:6001/telemetry')
    expect(readFileSync(addressFile, 'utf8')).to.equal('http://192.0.2.7:6001/telemetry\n')
  })

  it('write no address file during a preview', async () => {
    const { outputs } = await declarePlatform({ ingress: { addressFile } }, { isPreview: true })
    expect(await valueOf(outputs.events)).to.equal('http://localhost:5001/events')
    expect(existsSync(addressFile)).to.equal(false)
  })

  it('contain the dashboard address when there is a dashboard', async () => {
    const addressOf = async (dashboard: object) =>
      valueOf(
        (await declarePlatform({ dashboard, ingress: { addressFile: '' } })).outputs.dashboard,
      )
    expect(await addressOf({ hostPort: 6002 })).to.equal('http://localhost:6002/')
    expect(await addressOf({ instances: 0 })).to.equal('')
  })

  it('contain the command that opens psql in the container', async () => {
    const tree = {
      network: { name: 'my-fleet' },
      postgres: { database: 'readings' },
      ingress: { addressFile: '' },
    }
    const { outputs } = await declarePlatform(tree)
    expect(await valueOf(outputs.psql)).to.equal(
      'docker exec -it my-fleet-postgres-0 psql -U av_telemetry readings',
    )
  })

  it('contain the guarantee for one machine', async () => {
    for (const platform of [defaultPlatform, largePlatform]) {
      const { outputs, config } = await platform()
      expect(outputs.guarantee).to.deep.equal(describeGuarantee(config, true))
      expect(outputs.guarantee.length).to.equal(5)
    }
  })
})
