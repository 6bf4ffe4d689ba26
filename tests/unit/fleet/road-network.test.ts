import { expect } from 'chai'
import { elementAt } from '../../../fleet/element-at.ts'
import { distance, pathAt } from '../../../fleet/roads/path.ts'
import type { RoadNetwork } from '../../../fleet/roads/road-network.ts'
import { createRoadNetwork } from '../../../fleet/roads/road-network.ts'

describe('createRoadNetwork', () => {
  const network = createRoadNetwork({ side: 6, seed: 1 })

  it('returns the same network for the same seed and another for another seed', () => {
    const ends = ({ lanes }: RoadNetwork): unknown[] => lanes.map(({ path }) => path.points[0])
    expect(ends(createRoadNetwork({ side: 6, seed: 1 }))).to.deep.equal(ends(network))
    expect(ends(createRoadNetwork({ side: 6, seed: 2 }))).to.not.deep.equal(ends(network))
  })

  it('connects every segment to every other', () => {
    const exits = network.segments.map((segment) => [...segment.exits])
    const entries: number[][] = exits.map(() => [])
    exits.forEach((all, from) => {
      for (const exit of all) elementAt(entries, exit).push(from)
    })
    expect(reached(exits).size).to.equal(network.segments.length)
    expect(reached(entries).size).to.equal(network.segments.length)
  })

  it('joins segments without a gap or a change of heading', () => {
    for (const segment of network.segments) {
      const end = pathAt(segment.path, segment.path.length)
      for (const exit of segment.exits) {
        const start = pathAt(elementAt(network.segments, exit).path, 0)
        expect(distance(end, start)).to.be.below(1e-6)
        expect(Math.cos(end.heading - start.heading)).to.be.above(Math.cos(Math.PI / 18))
      }
    }
  })

  it('never allows more than the speed limit, and less in turns', () => {
    for (const { path, speedLimit } of network.segments) {
      expect(Math.max(...path.safeSpeeds)).to.be.at.most(speedLimit)
    }
    const slowest = network.segments.map(({ path }) => Math.min(...path.safeSpeeds))
    expect(Math.min(...slowest)).to.be.within(1.5, 5)
  })

  it('has roads with different speed limits and junctions of every kind', () => {
    const limits = new Set(network.lanes.map(({ speedLimit }) => Math.round(speedLimit * 3.6)))
    expect([...limits].sort((a, b) => a - b)).to.deep.equal([30, 40, 50, 60, 70])
    const controls = new Set(network.lanes.map(({ control }) => control))
    expect([...controls].sort()).to.deep.equal(['none', 'signal', 'stop-sign'])
  })
})

/** The segments that can be reached from the first. */
function reached(edges: readonly number[][]): Set<number> {
  const seen = new Set([0])
  for (const segment of seen) for (const next of elementAt(edges, segment)) seen.add(next)
  return seen
}
