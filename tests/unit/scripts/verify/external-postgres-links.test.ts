import { expect } from 'chai'
import { toConfig } from '../../../../infra/config/config.ts'
import { foldersOf } from '../../../../infra/local/folders.ts'
import { servicesOf } from '../../../../infra/topology/topology.ts'
import { root } from '../../../../scripts/platform/paths.ts'
import { LocalLinks } from '../../../../scripts/targets/local/local-links.ts'
import { TemporaryFolder } from '../../../support/temporary-folder.ts'

describe('npm run verify with an existing Postgres', () => {
  it('disturbs the connections of consumers and workers to it, and checks its own name', async () => {
    using folder = new TemporaryFolder()
    const external = { host: 'db.example.com', passwordFile: 'owner' }
    const config = toConfig({ postgres: { external } })
    await using links = await LocalLinks.open(config, foldersOf(root, folder.path))
    const names = links.links.map(({ name }) => name)
    expect(names).to.include.members(['consumer–postgres', 'worker–postgres', 'consumer–kafka'])
    const plans = servicesOf(links.topology())
    const envOf = (role: string) => plans.find((plan) => plan.role === role)?.env ?? {}
    for (const role of ['consumer', 'worker']) {
      expect(envOf(role)).to.include({
        POSTGRES_HOST: '127.0.0.1',
        POSTGRES_SERVER_NAME: 'db.example.com',
      })
      expect(envOf(role)['POSTGRES_PORT']).to.not.equal('5432')
    }
    expect(envOf('producer')).to.include({ POSTGRES_HOST: 'db.example.com', POSTGRES_PORT: '5432' })
  })
})
