import { expect } from 'chai'
import fc from 'fast-check'
import type { Leader } from '../../../fleet/driving/intelligent-driver-model.ts'
import { idmAcceleration } from '../../../fleet/driving/intelligent-driver-model.ts'
import type { TrafficVehicle } from '../../../fleet/driving/traffic.ts'
import { Traffic } from '../../../fleet/driving/traffic.ts'
import type { DrivingState } from '../../../fleet/driving/vehicle.ts'
import { maxBraking, standingVehicle, step } from '../../../fleet/driving/vehicle.ts'
import { elementAt } from '../../../fleet/element-at.ts'
import { createRandom } from '../../../fleet/random.ts'
import { createRoadNetwork } from '../../../fleet/roads/road-network.ts'

const network = createRoadNetwork({ side: 4, seed: 3 })
const dt = 0.25

describe('step of a vehicle', () => {
  const place = { segment: 0, offset: 20 }

  it('is pure: the same arguments give the same state and stay unchanged', () => {
    const state = standingVehicle(place, network, createRandom(1))
    const before = structuredClone(state)
    const view = { network, lineClosed: false }
    const first = step(state, dt, { view, random: createRandom(2) })
    expect(step(state, dt, { view, random: createRandom(2) })).to.deep.equal(first)
    expect(state).to.deep.equal(before)
  })

  it('stops before a closed stop line and waits there', () => {
    const view = { network, lineClosed: true }
    let state = standingVehicle(place, network, createRandom(1))
    for (let time = 0; time < 60; time += dt) state = step(state, dt, { view, random: Math.random })
    expect(state.segment).to.equal(0)
    expect(state.speed).to.equal(0)
    expect(elementAt(network.segments, 0).path.length - state.offset).to.be.within(1.5, 4)
    expect(state.waitedSeconds).to.be.above(10)
  })

  it('never moves backwards and never brakes harder than a car can', () => {
    const arbitrary = fc.record({
      speed: fc.double({ min: 0, max: 20, noNaN: true }),
      gap: fc.double({ min: -5, max: 100, noNaN: true }),
      leaderSpeed: fc.double({ min: 0, max: 20, noNaN: true }),
    })
    fc.assert(
      fc.property(arbitrary, ({ speed, gap, leaderSpeed }) => {
        const state = { ...standingVehicle(place, network, createRandom(1)), speed }
        const view = { network, lineClosed: false, leader: { gap, speed: leaderSpeed } }
        const after = step(state, dt, { view, random: createRandom(2) })
        expect(after.speed).to.be.at.least(0)
        expect(after.acceleration).to.be.within(-maxBraking - 1e-9, 2.5)
        expect(after.offset - state.offset).to.be.within(0, (speed + after.speed) * dt)
      }),
    )
  })
})

describe('idmAcceleration', () => {
  const pace = { speed: 10, desiredSpeed: 15, timeGapSeconds: 1.5 }

  it('accelerates up to the desired speed on a free road', () => {
    expect(idmAcceleration({ ...pace, speed: 0 })).to.equal(1.5)
    expect(idmAcceleration({ ...pace, speed: 15 })).to.equal(0)
  })

  it('brakes harder the nearer the leader is', () => {
    const accelerationAt = (gap: number): number => idmAcceleration(pace, { gap, speed: 10 })
    expect(accelerationAt(100)).to.be.above(1)
    expect(accelerationAt(17)).to.be.within(-0.5, 0)
    expect(accelerationAt(8)).to.be.below(-4)
  })
})

describe('Traffic', () => {
  const [lane] = network.lanes
  const turn = elementAt(lane?.exits ?? [], 0)
  const otherTurn = elementAt(lane?.exits ?? [], 1)
  const laneLength = lane?.path.length ?? NaN
  const follower = { segment: 0, next: turn, offset: laneLength - 10 }

  it('follows the vehicle on the turn ahead', () => {
    expect(leaderOf(follower, { segment: turn, offset: 8 })).to.deep.equal({
      gap: 18 - length,
      speed: 0,
    })
  })

  it('follows a vehicle beyond an empty turn', () => {
    const { exits, path } = elementAt(network.segments, turn)
    const leader = leaderOf(follower, { segment: elementAt(exits, 0), offset: 20 })
    expect(leader?.gap).to.be.closeTo(10 + path.length + 20 - length, 1e-9)
  })

  it('ignores a vehicle that turns elsewhere once its tail is out of the way', () => {
    expect(leaderOf(follower, { segment: otherTurn, offset: 2 })?.gap).to.be.closeTo(
      12 - length,
      1e-9,
    )
    expect(leaderOf(follower, { segment: otherTurn, offset: 6 })).to.equal(undefined)
  })

  it('keeps moving without collisions', () => {
    const vehicles = denseTraffic()
    const traffic = new Traffic(network, vehicles)
    let leastGap = Infinity
    let driven = 0
    for (let turn = 0; turn < 600; turn += 1) {
      const instant = { dt, time: turn * dt }
      const states = vehicles.map((_, index) => traffic.advance(index, instant))
      driven += states.reduce((sum, { speed }) => sum + speed * dt, 0)
      if (turn % 4 === 0) leastGap = Math.min(leastGap, ...gapsBetween(states))
    }
    expect(leastGap).to.be.within(0.5, 3)
    expect(driven / vehicles.length / 150, 'mean speed').to.be.above(2)
  })
})

const length = 4.7

type Place = { readonly segment: number; readonly offset: number }

function leaderOf(own: Place & { readonly next: number }, other: Place): Leader | undefined {
  const random = createRandom(1)
  const states = [
    { ...standingVehicle(own, network, random), ...own },
    standingVehicle(other, network, random),
  ]
  return new Traffic(
    network,
    states.map((state) => ({ state, length, random })),
  ).leader(0)
}

/** 80 vehicles in a town of 4 by 4 junctions. */
function denseTraffic(): TrafficVehicle[] {
  return Array.from({ length: 80 }, (_, index) => {
    const random = createRandom(1, index)
    const place = { segment: index % 40, offset: index < 40 ? 30 : 60 }
    return { state: standingVehicle(place, network, random), length, random }
  })
}

/** Metres from each vehicle to the one ahead, on the same segment or the last on the next. */
function gapsBetween(states: readonly DrivingState[]): number[] {
  const queues = network.segments.map(({ id }) => {
    const offsets = states.filter(({ segment }) => segment === id).map(({ offset }) => offset)
    return offsets.sort((a, b) => a - b)
  })
  const within = queues.flatMap((queue) =>
    queue.slice(1).map((ahead, at) => ahead - (queue[at] ?? 0)),
  )
  const across = states.flatMap(({ segment, next, offset }) => {
    const rest = elementAt(network.segments, segment).path.length - offset
    const isFirst = elementAt(queues, segment).at(-1) === offset
    return isFirst ? [rest + (elementAt(queues, next)[0] ?? Infinity)] : []
  })
  return [...within, ...across].map((distance) => distance - length)
}
