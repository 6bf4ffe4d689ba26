import { expect } from 'chai'
import { WorkloadMonitor } from '../../../../scripts/verify/workload-monitor.ts'

describe('The monitor of a workload', () => {
  /** Sends 100 units a second. Each is settled after 1.5 s. */
  function slowWorkload(settledWithinMs?: number) {
    const start = Date.now() - 60_000
    const unitsAt = (ms: number): number => Math.max(0, Math.floor(ms / 10))
    return {
      rate: 100,
      ...(settledWithinMs !== undefined && { settledWithinMs }),
      progress: () => {
        const acknowledged = unitsAt(Date.now() - start)
        const settled = [unitsAt(Date.now() - start - 1_500)]
        return Promise.resolve({ acknowledged, ends: [acknowledged], settled })
      },
    }
  }
  const { signal } = new AbortController()

  it('reports a platform as healthy that settles units within the time of the workload', async () => {
    const [within, without] = await Promise.all([
      new WorkloadMonitor(slowWorkload(2_000), signal).untilHealthy(60),
      new WorkloadMonitor(slowWorkload(), signal).untilHealthy(2.5),
    ])
    expect([within, without]).to.deep.equal([true, false])
  })
})
