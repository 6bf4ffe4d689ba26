import { once } from 'node:events'
import { Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import * as zod from 'zod'
import { handler } from '../api/handler.ts'
import { PermanentError } from '../api/permanent-error.ts'
import { readLines } from '../lines.ts'
import type { StartMessage, ToProcess } from '../protocol.ts'
import { inputFd } from '../protocol.ts'
import { CallLog, captureOutput } from './call-log.ts'
import { CallRunner } from './call-runner.ts'
import { inspectBundles } from './inspect-bundles.ts'
import { flush, outputMemory, write } from './output/output.ts'
import type { Watch } from './watch-process.ts'

/** Runs calls until the worker closes the pipe. */
export async function runProcess(): Promise<void> {
  // The bundles of handlers find the module `av-telemetry` and zod here.
  const provided = { handler, PermanentError, z: zod.z, zod }
  Object.assign(globalThis, { [Symbol.for('av-telemetry.handlers')]: provided })
  // Before the first call: the start of a thread needs the event loop.
  await watch()
  let runner: CallRunner | undefined
  const receive = (message: ToProcess): void => {
    switch (message[0]) {
      case 'start':
        runner = start(message[1])
        return
      case 'inspect':
        captureOutput(new CallLog(null, inspectionLimit))
        void inspectBundles(message[1])
        return
      case 'calls':
        runner?.add(message[1])
        return
      case 'abort':
        runner?.abort(message[1])
        return
      case 'withdraw':
        runner?.withdraw(message[1])
    }
  }
  const input = new Socket({ fd: inputFd, readable: true, writable: false })
  input.on(
    'data',
    readLines((line) => {
      receive(JSON.parse(line.toString('utf8')) as ToProcess)
    }),
  )
  for (const event of ['end', 'error', 'close']) input.on(event, () => process.exit(0))
  write(['ready'])
}

const inspectionLimit = { lines: 100, bytes: 65_536 }

function start(message: StartMessage): CallRunner {
  const outside = new CallLog(null, message.logLimit)
  captureOutput(outside)
  const runner = new CallRunner(message, outside)
  process.on('exit', flush)
  process.on('uncaughtException', (error) => {
    runner.onUncaught(error)
  })
  process.on('unhandledRejection', (error) => {
    runner.onUncaught(error)
  })
  return runner
}

/** Starts the thread that watches this process. Resolves when it does. */
async function watch(): Promise<void> {
  const [residentBytes, mark = ''] = process.argv.slice(2)
  const workerData: Watch = { residentBytes: Number(residentBytes), mark, output: outputMemory }
  const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 }
  const options = { workerData, resourceLimits, execArgv: [], env: {} }
  const thread = new Worker(new URL(import.meta.url), options)
  await once(thread, 'message')
  thread.unref()
}
