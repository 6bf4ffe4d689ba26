import type { PoolCall } from './pool-call.ts'

/** Calls that wait for a process. The pipelines take turns, so that one with many calls does not delay the others. */
export class CallQueue {
  /** By pipeline, in the order of the turns. */
  readonly #calls = new Map<string, PoolCall[]>()

  get isEmpty(): boolean {
    return this.#calls.size === 0
  }

  get length(): number {
    return [...this.#calls.values()].reduce((sum, calls) => sum + calls.length, 0)
  }

  add(call: PoolCall): void {
    const { pipeline } = call.task
    const present = this.#calls.get(pipeline)
    if (present === undefined) this.#calls.set(pipeline, [call])
    else present.push(call)
  }

  /** Adds calls that were taken back from a process before the other ones. */
  addFirst(calls: readonly PoolCall[]): void {
    for (const call of [...calls].reverse()) {
      const { pipeline } = call.task
      this.#calls.set(pipeline, [call, ...(this.#calls.get(pipeline) ?? [])])
    }
  }

  remove(call: PoolCall): void {
    const { pipeline } = call.task
    const calls = this.#calls.get(pipeline) ?? []
    this.#set(
      pipeline,
      calls.filter((each) => each !== call),
    )
  }

  /** The first call of each pipeline, in the order of the turns. */
  get turns(): PoolCall[] {
    return [...this.#calls.values()].flatMap(([first]) => first ?? [])
  }

  /** Removes the first calls of a pipeline while `take` returns true. Then it is the turn of the other pipelines. */
  takeWhile(pipeline: string, take: (call: PoolCall) => boolean): void {
    const calls = this.#calls.get(pipeline) ?? []
    const end = calls.findIndex((call) => !take(call))
    const left = end === -1 ? [] : calls.slice(end)
    if (left.length === calls.length) return
    this.#calls.delete(pipeline)
    this.#set(pipeline, left)
  }

  /** Removes and returns all calls. */
  clear(): PoolCall[] {
    const all = [...this.#calls.values()].flat()
    this.#calls.clear()
    return all
  }

  #set(pipeline: string, calls: PoolCall[]): void {
    if (calls.length === 0) this.#calls.delete(pipeline)
    else this.#calls.set(pipeline, calls)
  }
}
