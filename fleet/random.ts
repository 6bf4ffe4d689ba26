/** Uniform in [0, 1). All randomness of a fleet comes from such streams, derived from one seed. */
export type Random = () => number

/**
 * A bijection of the 32-bit integers that removes any pattern of its argument: the finalizer of
 * MurmurHash3 (Austin Appleby, public domain).
 */
export function scramble(value: number): number {
  let hash = value >>> 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * An endless stream of numbers, the same for the same arguments: mulberry32 (Tommy Ettinger,
 * public domain).
 *
 * @param seed the seed of the fleet, a 32-bit integer
 * @param stream number of the stream within the seed, a 32-bit integer
 */
export function createRandom(seed: number, stream = 0): Random {
  let state = scramble(scramble(seed) + stream)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Uniform in [low, high). */
export function between(low: number, high: number, random: Random): number {
  return low + (high - low) * random()
}

/** Normally distributed, mean 0, standard deviation 1 (Box and Muller, 1958). */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** The items in a random order (Fisher and Yates; Durstenfeld's form). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last -= 1) {
    const chosen = Math.floor(random() * (last + 1))
    ;[order[last], order[chosen]] = [order[chosen] as T, order[last] as T]
  }
  return order
}
