import { expect } from 'chai'
import { createRandom, gaussian, scramble, shuffled } from '../../../fleet/random.ts'

const take = (count: number, next: () => number): number[] => Array.from({ length: count }, next)

describe('fleet random numbers', () => {
  it('repeats a stream for the same seed, but not for another seed or stream', () => {
    const first = take(5, createRandom(1, 2))
    expect(take(5, createRandom(1, 2))).to.deep.equal(first)
    expect(take(5, createRandom(2, 2))).to.not.deep.equal(first)
    expect(take(5, createRandom(1, 3))).to.not.deep.equal(first)
  })

  it('are uniform in [0, 1)', () => {
    const values = take(10_000, createRandom(1))
    expect(values.every((value) => value >= 0 && value < 1)).to.equal(true)
    expect(values.reduce((sum, value) => sum + value, 0) / 10_000).to.be.closeTo(0.5, 0.02)
  })

  it('gaussian() is normal with mean 0 and variance 1', () => {
    const random = createRandom(1)
    const values = take(10_000, () => gaussian(random))
    expect(values.reduce((sum, value) => sum + value, 0) / 10_000).to.be.closeTo(0, 0.05)
    expect(values.reduce((sum, value) => sum + value ** 2, 0) / 10_000).to.be.closeTo(1, 0.05)
  })

  it('scramble() has no collisions', () => {
    expect(new Set(take(10_000, () => 0).map((_, at) => scramble(at))).size).to.equal(10_000)
  })

  it('shuffled() keeps every item', () => {
    const items = take(100, () => 0).map((_, at) => at)
    const order = shuffled(items, createRandom(1))
    expect(order).to.not.deep.equal(items)
    expect(order.sort((a, b) => a - b)).to.deep.equal(items)
  })
})
