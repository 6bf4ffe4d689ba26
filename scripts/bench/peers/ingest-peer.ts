import { producerPort } from '../../../infra/topology/addresses.ts'
import { freeRun } from '../../ports/scratch-ports.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import type { BenchContext } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { loadOrder } from '../ingest/ingest.ts'
import { runProgram } from '../program.ts'
import type { PostLoadResult } from '../programs/post-load.ts'
import { endsOf, sum } from '../sink/sink-run.ts'
import { Telegraf } from './telegraf.ts'
import { ingestConfig, peerKafka } from './telegraf-config.ts'

/** Measures single readings, posted to the producer and to Telegraf. */

const connections = 64
const pollMs = 100
/** The topic is at rest if it has not grown for so many polls. */
const pollsAtRest = 5

export type IngestRun = PostLoadResult & {
  /** Seconds from the end of the load until Kafka had the last reading. */
  readonly secondsBehind: number
}

type Server = { readonly port: number; readonly pid: number }

export function loadProducer(platform: BenchPlatform, context: BenchContext): Promise<IngestRun> {
  const server = { port: producerPort(platform.config), pid: platform.pid('producer-0') }
  return load(platform, context, server)
}

export function loadTelegraf(
  platform: BenchPlatform,
  context: BenchContext,
  { port, process }: ListeningTelegraf,
): Promise<IngestRun> {
  process.requireRunning()
  return load(platform, context, { port, pid: process.pid })
}

async function load(
  platform: BenchPlatform,
  context: BenchContext,
  { port, pid }: Server,
): Promise<IngestRun> {
  const shape = { connections, form: 'single', size: 1 } as const
  const { path } = platform.config.ingress
  const order = { ...loadOrder(context, shape, port), path, serverPid: pid }
  const result = await runProgram<PostLoadResult>('post-load', order, context.signal)
  return { ...result, secondsBehind: await waitForRest(platform, context.signal) }
}

/** Waits until the topic has stopped growing. @returns seconds until it last grew */
async function waitForRest(platform: BenchPlatform, signal: AbortSignal): Promise<number> {
  const begin = performance.now()
  let [end, grewAt, polls] = [sum(await endsOf(platform)), begin, 0]
  while (polls < pollsAtRest) {
    await sleep(pollMs, signal)
    signal.throwIfAborted()
    const now = sum(await endsOf(platform))
    if (now > end) [end, grewAt, polls] = [now, performance.now(), 0]
    else polls += 1
  }
  return (grewAt - begin) / 1000
}

export type ListeningTelegraf = { readonly process: Telegraf; readonly port: number }

/** Starts Telegraf with an HTTP listener. Resolves when it answers. @throws UserError if it ends */
export async function listen(
  platform: BenchPlatform,
  signal: AbortSignal,
): Promise<ListeningTelegraf> {
  const port = await freeRun(1)
  const { path } = platform.config.ingress
  const process = new Telegraf(
    platform,
    ingestConfig({ kafka: peerKafka(platform.kafka), port, path }),
  )
  try {
    while (!(await isAnswering(port))) {
      process.requireRunning()
      await sleep(pollMs, signal)
      signal.throwIfAborted()
    }
    return { process, port }
  } catch (error) {
    await process[Symbol.asyncDispose]()
    throw error
  }
}

/** Any status is an answer. */
const isAnswering = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => false,
  )
