import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import {
  maxWaitingVehicles,
  WaitingVehicles,
} from '../../../../services/producer/access/waiting-vehicles.ts'
import { mergeWaiting } from '../../../../services/devices/waiting-vehicles.ts'

const hourMs = 3_600_000

describe('WaitingVehicles', () => {
  let now: number
  let waiting: WaitingVehicles
  beforeEach(() => {
    now = Date.UTC(2026, 0, 31)
    waiting = new WaitingVehicles(() => now)
  })
  const ids = () => waiting.list().map(({ id }) => id)

  it('counts the requests of a vehicle, and lists the last vehicle first', () => {
    waiting.note('BUS-7')
    now += 1_000
    waiting.note('phone 8')
    now += 1_000
    waiting.note('BUS-7')
    expect(waiting.list()).to.deep.equal([
      {
        ...{ id: 'BUS-7', requests: 2 },
        ...{ firstSeenAt: '2026-01-31T00:00:00.000Z', lastSeenAt: '2026-01-31T00:00:02.000Z' },
      },
      {
        ...{ id: 'phone 8', requests: 1 },
        ...{ firstSeenAt: '2026-01-31T00:00:01.000Z', lastSeenAt: '2026-01-31T00:00:01.000Z' },
      },
    ])
  })

  it('drops a vehicle a day after its last request', () => {
    waiting.note('A')
    now += 23 * hourMs
    waiting.note('B')
    now += 2 * hourMs
    expect(ids()).to.deep.equal(['B'])
  })

  it('keeps at most 1,000 ids, and those that repeat their requests', () => {
    waiting.note('PHONE')
    waiting.note('PHONE')
    for (let index = 0; index < 5 * maxWaitingVehicles; index += 1) {
      now += 1
      waiting.note(`id ${index}`)
    }
    expect(ids()).to.have.length(maxWaitingVehicles).and.include('PHONE')
  })

  it('does not list an id that no device can have', () => {
    for (const id of ['x'.repeat(65), 'a\nb', ' a', '']) waiting.note(id)
    waiting.note('x'.repeat(64))
    expect(ids()).to.deep.equal(['x'.repeat(64)])
  })

  it('does not keep the text of which an id was a part', () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < 50; index += 1) {
      const body = `${index}`.padStart(20, '0') + 'x'.repeat(1024 * 1024)
      waiting.note(body.slice(0, 20))
    }
    collectGarbage()
    expect(waiting.list()).to.have.length(50)
    expect((process.memoryUsage().heapUsed - before) / 1024 ** 2).to.be.lessThan(10)
  })
})

describe('mergeWaiting', () => {
  it('adds the requests that several producers have refused', () => {
    const at = (time: string, id = 'A') => ({
      id,
      requests: 2,
      firstSeenAt: time,
      lastSeenAt: time,
    })
    expect(mergeWaiting([at('2026-01-31T00:00:02Z'), at('2026-01-31T00:00:01Z')])).to.deep.equal([
      {
        ...{ id: 'A', requests: 4 },
        ...{ firstSeenAt: '2026-01-31T00:00:01Z', lastSeenAt: '2026-01-31T00:00:02Z' },
      },
    ])
    const order = mergeWaiting([
      at('2026-01-31T00:00:01Z', 'OLD'),
      at('2026-01-31T00:00:02Z', 'NEW'),
    ])
    expect(order.map(({ id }) => id)).to.deep.equal(['NEW', 'OLD'])
  })
})
