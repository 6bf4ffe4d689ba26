import { UserError } from '../../infra/checks/user-error.ts'
import type { Bench } from './bench.ts'
import { catchUp } from './sink/catch-up.ts'
import { cost } from './cost.ts'
import { dashboardMap } from './dashboard/map.ts'
import { dashboardMemory } from './dashboard/memory.ts'
import { dashboardStream } from './dashboard/stream.ts'
import { dashboardTrack } from './dashboard/track.ts'
import { declaredAppend } from './declared/append.ts'
import { workerIdle } from './declared/idle.ts'
import { declaredUpsert } from './declared/upsert.ts'
import { deviceRegistry } from './devices/registry.ts'
import { endToEnd } from './end-to-end.ts'
import { files } from './files/files.ts'
import { smallFilesS3 } from './files/small-files-s3.ts'
import { smallFiles } from './files/small-files.ts'
import { growth } from './sink/growth.ts'
import { ingestTls } from './ingest/ingest-tls.ts'
import { ingestBatch, ingestScale, ingestSingle } from './ingest/ingest.ts'
import { latency } from './latency.ts'
import { peers } from './peers/peers.ts'
import { sink } from './sink/sink.ts'
import { sinkDuplicates, sinkPoison } from './sink/sink-trouble.ts'
import { taskRate } from './tasks/task-rate.ts'
import { taskWorkers } from './tasks/task-workers.ts'
import { fleet, rest, start } from './user-commands.ts'
import { vehicleHour } from './vehicle-hour.ts'

/** All benchmarks in the order of measuring. */
const allBenches: readonly Bench[] = [
  sink,
  sinkDuplicates,
  sinkPoison,
  declaredAppend,
  declaredUpsert,
  files,
  ingestSingle,
  ingestBatch,
  ingestScale,
  ingestTls,
  peers,
  deviceRegistry,
  latency,
  endToEnd,
  cost,
  catchUp,
  growth,
  fleet,
  start,
  rest,
  workerIdle,
  taskRate,
  taskWorkers,
  smallFiles,
  smallFilesS3,
  vehicleHour,
  dashboardMap,
  dashboardStream,
  dashboardMemory,
  dashboardTrack,
]

/** @throws UserError if a name is unknown */
export function chosenBenches(names: readonly string[]): readonly Bench[] {
  const unknown = names.find((name) => !allBenches.some((bench) => bench.name === name))
  if (unknown !== undefined) {
    const known = allBenches.map(({ name }) => name).join(', ')
    throw new UserError(`Unknown benchmark: ${unknown}. Known benchmarks: ${known}.`)
  }
  return allBenches.filter(({ name }) => names.length === 0 || names.includes(name))
}
