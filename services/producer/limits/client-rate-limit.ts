/** What a client may still send: readings, below nought when it has sent more than it had. */
type Balance = { readonly left: number; readonly at: number }

/** Clients remembered at one time, the last to send; about 10 MB. */
const rememberedClients = 50_000

/**
 * How many readings a client may send: a token bucket each, with room for one second. A request is
 * taken whole while there is anything left, and the client then waits until what it took too much
 * has come back: so a batch can be larger than what a second allows, and the mean is kept.
 */
export class ClientRateLimit {
  readonly #perSecond: number
  readonly #remembered: number
  /** The one that sent last comes last. */
  readonly #balances = new Map<string, Balance>()

  /** @param perSecond readings of one client; 0 for no limit */
  constructor(perSecond: number, remembered = rememberedClients) {
    this.#perSecond = perSecond
    this.#remembered = remembered
  }

  /** How many clients are remembered. */
  get size(): number {
    return this.#balances.size
  }

  /**
   * Seconds until the client may send again: 0 where it may now.
   *
   * @param client its address, as text
   * @param now milliseconds of a clock that nobody sets
   */
  secondsUntilAllowed(client: string, now: number): number {
    return this.#perSecond === 0 ? 0 : this.#wait(this.#leftOf(clientKey(client), now))
  }

  /** Takes so many readings from what the client has left, or says as `secondsToWait` does. */
  consume(client: string, readings: number, now: number): number {
    if (this.#perSecond === 0) return 0
    const key = clientKey(client)
    const left = this.#leftOf(key, now)
    if (left < 1) return this.#wait(left)
    this.#balances.delete(key)
    this.#balances.set(key, { left: left - readings, at: now })
    const [oldest] = this.#balances.keys()
    if (this.#balances.size > this.#remembered && oldest !== undefined) {
      this.#balances.delete(oldest)
    }
    return 0
  }

  #leftOf(key: string, now: number): number {
    const balance = this.#balances.get(key)
    if (balance === undefined) return this.#perSecond
    const regained = ((now - balance.at) / 1_000) * this.#perSecond
    return Math.min(balance.left + regained, this.#perSecond)
  }

  #wait(left: number): number {
    return left >= 1 ? 0 : Math.ceil((1 - left) / this.#perSecond)
  }
}

/** Who has an IPv6 address has all of its /64, as a rule (RFC 6177): that is the client. */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail = ''] = address.split('::')
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '')
  const [first, last] = [groups(head), groups(tail)]
  const zeros = Array<string>(Math.max(8 - first.length - last.length, 0)).fill('0')
  const network = [...first, ...zeros, ...last].slice(0, 4)
  return network.map((group) => parseInt(group, 16).toString(16)).join(':')
}
