import type { BenchContext, Figure } from './bench.ts'
import type { BenchPlatform } from './bench-platform.ts'
import { loadOrder } from './ingest/ingest.ts'
import { runProgram } from './program.ts'
import type { PostLoadOrder, PostLoadResult } from './programs/post-load.ts'

/**
 * The whole platform under load: clients, ingress, producer, Kafka, consumer, Postgres and
 * dashboard on one machine.
 */

/** Measures a separate platform with all services that a user would run. */
export async function withFullPlatform(
  { open }: Pick<BenchContext, 'open'>,
  measure: (platform: BenchPlatform) => Promise<Figure[]>,
): Promise<Figure[]> {
  // All browsers of a benchmark have one address.
  await using platform = await open('dashboard.instances=1', 'dashboard.maxStreamsPerClient=500')
  await platform.startServices(...platform.services)
  return await measure(platform)
}

export type Pace = Pick<PostLoadOrder, 'connections' | 'form' | 'size' | 'seconds'> & {
  readonly rate: number
  readonly keepsReceipts?: boolean
}

/** Posts to the ingress at a steady rate. */
export function postAtRate(
  { config }: BenchPlatform,
  context: BenchContext,
  pace: Pace,
): Promise<PostLoadResult> {
  const { connections, form, size } = pace
  const order = loadOrder(context, { connections, form, size }, config.ingress.hostPort)
  return runProgram('post-load', { ...order, ...pace, path: config.ingress.path }, context.signal)
}
