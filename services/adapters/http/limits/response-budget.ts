import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { clientAddress } from '../proxy/client-address.ts'
import type { OnLimitReached } from './limit-report.ts'
import type { MemoryReservation } from './memory-budget.ts'
import { MemoryBudget } from './memory-budget.ts'

/** Smaller bodies are not counted: on 8,192 connections they take at most 32 MB. */
export const countedFromBytes = 4_096
/** A response that has been sent for longer is ended if its memory is needed for another one. */
const slowReaderMs = 10_000

/**
 * Limits the memory for the responses of a server that clients have not taken yet, over all
 * connections. A client that does not read would otherwise keep its response in memory, and a
 * thousand such clients a thousand responses.
 */
export class ResponseBudget {
  readonly #memory: MemoryBudget
  readonly #onReached: OnLimitReached
  /** Reservations for work, until the body is reserved. */
  readonly #work = new WeakMap<ServerResponse, MemoryReservation>()

  constructor(limitBytes: number, onReached: OnLimitReached) {
    this.#memory = new MemoryBudget(limitBytes, slowReaderMs)
    this.#onReached = onReached
  }

  /** The responses of this listener use the budget. */
  limit(listener: RequestListener): RequestListener {
    return (request, response) => {
      ;(response as BudgetedResponse)[budgetOf] = this
      listener(request, response)
    }
  }

  reserveWork(response: ServerResponse, bytes: number): boolean {
    if (response.destroyed) return true
    const reservation = this.#open(response)
    if (!this.#reserve(reservation, response.req, bytes)) return false
    reservation.markComplete()
    this.#work.set(response, reservation)
    return true
  }

  reserveBody(response: ServerResponse, bytes: number): boolean {
    this.#work.get(response)?.release()
    if (response.destroyed) return true
    const reservation = this.#open(response)
    reservation.onEvicted(() => {
      response.destroy()
      this.#onReached('unsent-bytes', clientAddress(response.req))
    })
    return this.#reserve(reservation, response.req, bytes)
  }

  #open(response: ServerResponse): MemoryReservation {
    const reservation = this.#memory.openReservation()
    response.once('close', () => {
      reservation.release()
    })
    return reservation
  }

  #reserve(reservation: MemoryReservation, request: IncomingMessage, bytes: number): boolean {
    if (reservation.reserve(bytes)) return true
    reservation.release()
    this.#onReached('unsent-bytes', clientAddress(request))
    return false
  }
}

/** The budget of a response. A property, because a WeakMap costs garbage collection for each request. */
const budgetOf = Symbol('budget')
type BudgetedResponse = ServerResponse & { [budgetOf]?: ResponseBudget }

/**
 * Reserves memory for a response that cannot be sent at once, until its body is reserved. Returns
 * false if there is none; then the request must be refused. Always true without a budget.
 */
export function reserveWork(response: ServerResponse, bytes: number): boolean {
  return (response as BudgetedResponse)[budgetOf]?.reserveWork(response, bytes) ?? true
}

/**
 * Reserves memory for the body of a response until the client has taken it or has disconnected. The
 * connection of a slow client is closed if its memory is needed for another response. Returns false
 * if there is none; then the request must be refused. Always true without a budget.
 */
export function reserveBody(response: ServerResponse, bytes: number): boolean {
  if (bytes < countedFromBytes) return true
  return (response as BudgetedResponse)[budgetOf]?.reserveBody(response, bytes) ?? true
}
