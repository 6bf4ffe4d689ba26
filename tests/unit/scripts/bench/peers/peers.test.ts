import { expect } from 'chai'
import type { BenchContext } from '../../../../../scripts/bench/bench.ts'
import { peers } from '../../../../../scripts/bench/peers/peers.ts'

describe('npm run bench -- peers without telegraf on PATH', () => {
  const path = process.env['PATH']
  beforeEach(() => {
    process.env['PATH'] = '/nowhere'
  })
  afterEach(() => {
    process.env['PATH'] = path
  })

  it('measures nothing, starts no platform and says how to get telegraf', async () => {
    const printed: string[] = []
    const context = {
      printProgress: (text: string) => printed.push(text),
      open: () => Promise.reject(new Error('a platform was started')),
    } as unknown as BenchContext
    expect(await peers.measure(context)).to.deep.equal([])
    expect(printed).to.have.length(1)
    expect(printed[0]).to.match(/^not measured: telegraf is not on PATH\. Install Telegraf /)
  })
})
