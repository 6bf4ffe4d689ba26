import type pg from 'pg'
import { sqlStatement } from '../sql-file.ts'

/** How far the pipelines have come, and what holds them up. Each function reads all pipelines at once. */

/** The next offset that a pipeline settles in a partition of the current log of a topic. */
export type PipelinePosition = {
  readonly pipeline: string
  readonly topic: string
  readonly partition: number
  readonly nextOffset: number
}

export async function readPositions(pool: pg.Pool): Promise<PipelinePosition[]> {
  const { rows } = await pool.query<
    Omit<PipelinePosition, 'nextOffset'> & { readonly next_offset: number }
  >(sqlStatement('positions-of-pipelines'))
  return rows.map(({ next_offset: nextOffset, ...position }) => ({ ...position, nextOffset }))
}

/** Where Kafka's file of a partition cannot be read. */
export type UnreadablePartition = {
  readonly pipeline: string
  readonly topic: string
  readonly partition: number
  readonly firstOffset: number
  readonly reason: string
}

/** At most one for each pipeline: the one with the lowest partition. */
export async function readUnreadable(pool: pg.Pool): Promise<UnreadablePartition[]> {
  const { rows } = await pool.query<
    Omit<UnreadablePartition, 'firstOffset'> & { readonly first_offset: number }
  >(sqlStatement('unreadable-of-pipelines'))
  return rows.map(({ first_offset: firstOffset, ...report }) => ({ ...report, firstOffset }))
}

export type LatestLetter = {
  readonly pipeline: string
  readonly code: string
  readonly detail: string
  readonly diedAt: Date
}

/** The newest open dead letter of each pipeline that has one. */
export async function readLatestLetters(pool: pg.Pool): Promise<LatestLetter[]> {
  const { rows } = await pool.query<Omit<LatestLetter, 'diedAt'> & { readonly died_at: Date }>(
    sqlStatement('latest-open-letters'),
  )
  return rows.map(({ died_at: diedAt, ...letter }) => ({ ...letter, diedAt }))
}
