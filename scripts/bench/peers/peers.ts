import { UserError } from '../../../infra/checks/user-error.ts'
import { fillTopic } from '../../workload/readings/fill-topic.ts'
import { beginFor } from '../../workload/readings/numbered-readings.ts'
import type { Bench, BenchContext, Figure } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import type { SinkRun } from '../sink/sink-run.ts'
import { storeWholeLog } from '../sink/sink-run.ts'
import type { IngestRun } from './ingest-peer.ts'
import { listen, loadProducer, loadTelegraf } from './ingest-peer.ts'
import type { Runs } from './peer-figures.ts'
import { ingestFigures, sinkFigures } from './peer-figures.ts'
import { storeByTelegraf } from './sink-peer.ts'
import { findTelegraf, noTelegraf } from './telegraf.ts'

/** The platform beside Telegraf, on the same servers and in turns. */
export const peers: Bench = {
  name: 'peers',
  description: 'from Kafka to Postgres and from HTTP to Kafka, beside Telegraf',
  measure: async (context) => {
    const peer = findTelegraf()
    if (peer === undefined) {
      context.printProgress(`not measured: ${noTelegraf}`)
      return []
    }
    await using platform = await context.open()
    requireOwnServers(platform)
    // First, because its topic may contain only readings that both can store.
    const sink = await measureSink(platform, context)
    return [...sinkFigures(sink, peer), ...(await measureIngest(platform, context, peer))]
  },
}

/** @throws UserError with existing servers: the configuration of Telegraf has no TLS and no SCRAM */
function requireOwnServers({ config }: BenchPlatform): void {
  if (config.kafka.external.brokers.length === 0 && config.postgres.external.host === '') return
  throw new UserError(
    'The benchmark peers compares both on servers that the platform starts. Leave out kafka.external and postgres.external, for example with another configuration file: -c FILE.',
  )
}

async function measureSink(platform: BenchPlatform, context: BenchContext): Promise<Runs<SinkRun>> {
  const { records, signal } = context
  context.printProgress(`filling the topic with ${records} records`)
  const begin = beginFor(records, Date.now())
  await fillTopic(platform, { first: 0, count: records, begin }, signal)
  return inTurns(context, 'sink', {
    telegraf: () => storeByTelegraf(platform, { records, begin, signal }),
    platform: () => storeWholeLog(platform, context),
  })
}

async function measureIngest(
  platform: BenchPlatform,
  context: BenchContext,
  peer: string,
): Promise<Figure[]> {
  await platform.startServices('producer-0')
  const telegraf = await listen(platform, context.signal)
  await using process = telegraf.process
  const runs = await inTurns<IngestRun>(context, 'ingest', {
    telegraf: () => loadTelegraf(platform, context, telegraf),
    platform: () => loadProducer(platform, context),
  })
  return ingestFigures({ ...runs, hasDropped: process.hasDropped }, peer)
}

type Sides<Run> = Readonly<Record<keyof Runs<Run>, () => Promise<Run>>>

/** Measures both in turns, so that a change of the machine's speed affects both. */
async function inTurns<Run>(
  { isQuick, runs, printProgress }: BenchContext,
  label: string,
  sides: Sides<Run>,
): Promise<Runs<Run>> {
  const platform: Run[] = []
  const telegraf: Run[] = []
  // The first round is slower, because the servers have just started. It does not count.
  for (let run = isQuick ? 1 : 0; run <= runs; run += 1) {
    const round = run === 0 ? 'warm-up' : `run ${run} of ${runs}`
    printProgress(`${label}, ${round}: Telegraf`)
    const theirs = await sides.telegraf()
    printProgress(`${label}, ${round}: the platform`)
    const own = await sides.platform()
    if (run === 0) continue
    telegraf.push(theirs)
    platform.push(own)
  }
  return { platform, telegraf }
}
