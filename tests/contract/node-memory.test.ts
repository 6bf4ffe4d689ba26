import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import { memoryEnv } from '../../infra/topology/node-memory.ts'
import type { Role } from '../../infra/topology/role-registry.ts'
import { aPlatform } from '../unit/infra/a-platform.ts'

describe('the heap of a service', () => {
  const { of } = aPlatform({ producer: { maxPendingMegabytes: 40 } })
  const envsOf = (role: Role) => of(role).map(memoryEnv)

  it('has a limit that Node understands where it is a producer', () => {
    const [env = {}] = envsOf('producer')
    const asked = "require('node:v8').getHeapStatistics().heap_size_limit / 2 ** 20"
    const said = execFileSync(process.execPath, ['-p', asked], { env, encoding: 'utf8' })
    // V8's own room for young objects, three times 16 megabytes, is counted with it.
    expect(Number(said)).to.equal(96 + 2 * 40 + 3 * 16)
  })

  it('has none of ours where it is another', () => {
    expect([...envsOf('ingress'), ...envsOf('provision')]).to.deep.equal([{}, {}])
  })
})
