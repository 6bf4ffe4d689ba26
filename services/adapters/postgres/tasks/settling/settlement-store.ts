import type pg from 'pg'
import type { OutboxMessage } from '../../../../ledger/tasks/messages.ts'
import { toTaskError } from '../../../../ledger/tasks/messages.ts'
import { UnreadableResult } from '../../../../ledger/tasks/result-parts.ts'
import type { SettledTask, Settlement } from '../../../../ledger/tasks/settlement.ts'
import { toAttemptEnd } from '../../../../ledger/tasks/settlement.ts'
import type { ClaimedTask, TaskFault } from '../../../../ledger/tasks/task.ts'
import { inTransaction, longTransaction } from '../../driver/connection.ts'
import { toPostgresFault } from '../../driver/errors.ts'
import { storeLogs } from '../claim-store.ts'
import type { EndOfAttempt } from './end-attempts.ts'
import { completeTogether } from './complete-together.ts'
import { endTasks, lockTasks, stateBefore, TasksMovedError, toSettled } from './fence.ts'
import { insertOutbox } from '../outbox-store.ts'
import type { PreparedSettlement } from './prepare-settlement.ts'
import { asFailed, prepareSettlement } from './prepare-settlement.ts'
import { describeRefusal, isAboutObjects, isRefusal } from './refusals.ts'
import type { WrittenTable } from './target-tables.ts'
import { TargetTables } from './target-tables.ts'
import { writeEffects } from './write-effects.ts'
import { byTablesOf, halvesOf, toGroups } from './settlement-groups.ts'
import { lockTables } from './write-rows.ts'

/** A large result is written for longer than other transactions may last. */
const separateTimeoutMs = 30 * 60_000
/** How often a transaction is repeated because a task changed during it. */
const maxRepeats = 3
/** An attempt that waits for a lock delays the others of its transaction. */
const lockTimeout = '1s'
/** For the parts of a group in which something is locked. */
const shortLockTimeout = '250ms'
/** Rows up to this size, in bytes, are sent before the answers to other statements. */
const maxBytesAtOnce = 512 * 1024
/** How often groups are divided in one call because something is locked. */
const maxLockedParts = 10

/**
 * Settles attempts: rows, messages, log lines and the state of the task in one transaction. An attempt
 * whose task another worker has taken stores nothing.
 */
export class SettlementStore {
  readonly #pool: pg.Pool
  readonly #worker: number
  readonly #tables: TargetTables

  /** @param worker the id of the worker that has run the attempts */
  constructor(pool: pg.Pool, worker: number) {
    this.#pool = pool
    this.#worker = worker
    this.#tables = new TargetTables(pool)
  }

  /**
   * Settles attempts; small ones together. If the database refuses the effects of one, this attempt
   * fails as `refused-by-database`, and the others are stored. Those whose tables or rows another session
   * has locked are not settled now. Attempts that are settled already keep their state, so an outage may be answered
   * by a second call.
   *
   * @returns the outcomes of the tasks. Tasks that were not settled are missing, because of a lock or an
   *   outage: settle them again
   * @throws an error that means an outage if no task was settled
   */
  async settle(settlements: readonly Settlement[]): Promise<SettledTask[]> {
    const settled: SettledTask[] = []
    try {
      const prepared: PreparedSettlement[] = []
      for (const settlement of settlements) {
        const each = prepareSettlement(settlement, this.#tables)
        prepared.push(each instanceof Promise ? await each : each)
      }
      const locks: Locks = { isFound: false, partsLeft: maxLockedParts }
      for (const group of toGroups(prepared))
        settled.push(...(await this.#settleGroup(group, locks)))
    } catch (error) {
      if (settled.length === 0) throw error
    }
    return settled
  }

  async #settleGroup(
    group: readonly PreparedSettlement[],
    locks: Locks,
    repeats = maxRepeats,
  ): Promise<SettledTask[]> {
    const settings = { lock_timeout: locks.isFound ? shortLockTimeout : lockTimeout }
    try {
      return await this.#tryGroup(group, settings, repeats === maxRepeats)
    } catch (error) {
      // The next transaction sees which tasks this worker does not hold.
      if (error instanceof TasksMovedError && repeats > 0)
        return this.#settleGroup(group, locks, repeats - 1)
      if (toPostgresFault(error) === 'locked') return this.#divideLocked(group, locks)
      if (!isAboutEffects(error) || group.every(hasNoEffects)) throw error
      if (group.length > 1) return this.#settleParts(halvesOf(group), locks)
      return this.#settleRefused(group[0] as PreparedSettlement, error as Error)
    }
  }

  /** If one of the tasks has changed, the statements must be sent one after the other. */
  #tryGroup(
    group: readonly PreparedSettlement[],
    settings: Settings,
    isFirst: boolean,
  ): Promise<SettledTask[]> {
    return isFirst && isSentAtOnce(group)
      ? this.#complete(group, settings)
      : this.#write(group, settings)
  }

  async #settleParts(
    parts: readonly (readonly PreparedSettlement[])[],
    locks: Locks,
  ): Promise<SettledTask[]> {
    const settled: SettledTask[] = []
    for (const part of parts) settled.push(...(await this.#settleGroup(part, locks)))
    return settled
  }

  /** Settles the attempts that need no locked table or row: first by table, then in halves. */
  async #divideLocked(group: readonly PreparedSettlement[], locks: Locks): Promise<SettledTask[]> {
    locks.isFound = true
    const byTables = byTablesOf(group)
    if (byTables.length > 1) return this.#settleParts(byTables, locks)
    locks.partsLeft -= 1
    if (group.length === 1 || locks.partsLeft < 0) return []
    const tables = group[0]?.effects.tables ?? []
    return (await this.#areFree(tables)) ? this.#settleParts(halvesOf(group), locks) : []
  }

  /** Whether rows can be written to the tables: no table as a whole is locked. */
  async #areFree(tables: readonly WrittenTable[]): Promise<boolean> {
    try {
      await inTransaction(this.#pool, (client) => lockTables(client, tables))
      return true
    } catch (error) {
      if (toPostgresFault(error) === 'locked') return false
      // E.g. a foreign table, which cannot be locked. Writing the rows decides.
      if (isRefusal(error)) return true
      throw error
    }
  }

  /** The attempt fails, unless it can be written after another look at its tables. */
  async #settleRefused(only: PreparedSettlement, error: Error): Promise<SettledTask[]> {
    if (error instanceof UnreadableResult)
      return this.#write([asFailed(only, error.fault)], { lock_timeout: lockTimeout })
    if (isAboutObjects(error)) {
      // A user may have changed the table after it was read.
      this.#tables.forget()
      const again = await prepareSettlement(only, this.#tables)
      if (again.outcome.kind !== 'complete')
        return this.#write([again], { lock_timeout: lockTimeout })
    }
    const refused: TaskFault = {
      ...{ code: 'refused-by-database', stack: undefined },
      message: `The database refused the rows of the task: ${describeRefusal(error)}`,
    }
    return this.#write([asFailed(only, refused)], { lock_timeout: lockTimeout })
  }

  async #complete(
    group: readonly PreparedSettlement[],
    settings: Settings,
  ): Promise<SettledTask[]> {
    await completeTogether(this.#pool, this.#worker, { group, options: { settings } })
    return group.map(({ task }) => toSettled(task.id, 'complete'))
  }

  async #write(group: readonly PreparedSettlement[], settings: Settings): Promise<SettledTask[]> {
    const isSeparate = group.some(({ effects }) => effects.isSeparate)
    const options = isSeparate
      ? { settings: { ...settings, ...longTransaction }, timeoutMs: separateTimeoutMs }
      : { settings }
    return inTransaction(this.#pool, (client) => this.#writeIn(client, group), options)
  }

  async #writeIn(
    client: pg.PoolClient,
    group: readonly PreparedSettlement[],
  ): Promise<SettledTask[]> {
    const locked = await lockTasks(client, this.#worker, tasksOf(group))
    const before = group.flatMap(({ task }) => {
      const state = stateBefore(locked.get(task.id))
      return state === undefined ? [] : [toSettled(task.id, state)]
    })
    const done = new Set(before.map(({ id }) => id))
    const open = group.filter(({ task }) => !done.has(task.id))
    if (open.length === 0) return before
    const ends = open.map((each) => this.#endOf(each, locked.get(each.task.id)?.counted ?? 1))
    const leftRows = await writeEffects(client, open)
    await insertOutbox(client, messagesOf(open, ends))
    await storeLogs(client, logsOf(open))
    const written = leftRows === 0 ? ends : ends.map((end) => withoutRows(end, leftRows))
    return [...before, ...(await endTasks(client, this.#worker, written))]
  }

  #endOf({ task, outcome, rules, effects }: PreparedSettlement, counted: number): EndOfAttempt {
    const { id, attempt } = task
    const end = toAttemptEnd(outcome, rules.retry, counted)
    return { ...end, id, attempt, worker: this.#worker, rows: effects.rows }
  }
}

/** The messages of results, and the errors of tasks that have failed for good. */
function messagesOf(
  open: readonly PreparedSettlement[],
  ends: readonly EndOfAttempt[],
): OutboxMessage[] {
  const at = new Date()
  return open.flatMap(({ task, rules, effects }, index) => {
    const end = ends[index]
    const { errors, topic: source = null } = rules
    if (end?.fault === undefined || end.state !== 'failed' || errors === undefined)
      return effects.messages
    const about = { fault: end.fault, worker: end.worker, at, source }
    return [...effects.messages, toTaskError(errors, task, about)]
  })
}

const withoutRows = (end: EndOfAttempt, leftRows: number): EndOfAttempt => {
  return { ...end, rows: end.rows === null ? null : end.rows - leftRows }
}

const tasksOf = (group: readonly PreparedSettlement[]): ClaimedTask[] =>
  group.map(({ task }) => task)

const logsOf = (group: readonly PreparedSettlement[]) =>
  group.map(({ task, logLines }) => ({ id: task.id, logLines }))

/** Whether the statements of a group need no answers of each other, and are short. */
function isSentAtOnce(group: readonly PreparedSettlement[]): boolean {
  if (
    group.some(
      ({ outcome, effects }) =>
        outcome.kind !== 'complete' || effects.isSeparate || effects.outputFolder !== undefined,
    )
  )
    return false
  const bytes = group.reduce(
    (sum, { outcome }) => sum + (outcome.kind === 'complete' ? outcome.result.byteCount : 0),
    0,
  )
  return bytes <= maxBytesAtOnce
}

type Settings = { readonly lock_timeout: string }

/** What a call has found out about locks of other sessions. */
type Locks = { isFound: boolean; partsLeft: number }

/** Whether the effects of an attempt are the cause: other attempts may be settled without them. */
const isAboutEffects = (error: unknown): boolean =>
  error instanceof UnreadableResult || isRefusal(error)

const hasNoEffects = ({ effects }: PreparedSettlement): boolean =>
  effects.tables.length === 0 && effects.outputFolder === undefined
