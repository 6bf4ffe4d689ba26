import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { memoryEnv } from '../../infra/topology/node-memory.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import { aPlatform } from '../unit/infra/a-platform.ts'

describe('Node heap limit of a service', () => {
  const { of } = aPlatform({ producer: { instances: 2, maxPendingMegabytes: 40 } })
  const envsOf = (role: Role) => of(role).map(memoryEnv)

  it('is applied by Node for the producer', () => {
    const [env = {}] = envsOf('producer')
    const script = "require('node:v8').getHeapStatistics().heap_size_limit / 2 ** 20"
    const output = execFileSync(process.execPath, ['-p', script], { env, encoding: 'utf8' })
    // V8 also counts its young generation, three times 16 MB.
    expect(Number(output)).to.equal(96 + 2 * 40 + 3 * 16)
  })

  it('is not set for services without a configured heap', () => {
    expect([...envsOf('ingress'), ...envsOf('provision')]).to.deep.equal([{}, {}])
  })
})
