import { whenAborted } from './abort.ts'
import type { Logger } from './logger.ts'
import { createLogger, errorFields } from './logger.ts'

/** A service that has started. Disposing it stops the service. */
export type Running = AsyncDisposable & {
  /** Rejects when the service cannot continue; never resolves. */
  readonly failed?: Promise<never>
}

type ProcessConfig = { readonly logLevel: string }

export type ServiceMain<Config extends ProcessConfig> = {
  readonly name: string
  /** Parses the environment into the configuration of the service. @throws EnvironmentError */
  readonly readConfig: (source: NodeJS.ProcessEnv) => Config
  readonly start: (config: Config, logger: Logger, signal: AbortSignal) => Promise<Running>
}

/** How long a service may take to stop after the signal. Its supervisor waits longer. */
const graceSeconds = 15
/** How long a process lives on after everything was closed. */
const leftoverMs = 500

/** A signal that aborts at SIGTERM, SIGINT or SIGHUP. Further process signals are ignored. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => {
      controller.abort()
    })
  }
  return controller.signal
}

/**
 * Runs a service until its process ends: read the configuration, start, wait for the stop signal or
 * a failure, dispose. If that takes longer than `graceSeconds`, it is a bug: it is logged and the process
 * exits. Afterwards the process ends because its event loop is empty, or soon after.
 */
export async function runService<Config extends ProcessConfig>(
  main: ServiceMain<Config>,
): Promise<void> {
  await runOnce(main.name, main.readConfig, async (config, logger, signal) => {
    const running = await main.start(config, logger, signal)
    logger.info('service-started')
    try {
      await Promise.race([whenAborted(signal), ...(running.failed ? [running.failed] : [])])
    } finally {
      exitAfter(graceSeconds, logger)
      await running[Symbol.asyncDispose]()
      logger.info('service-stopped')
      exitDespiteLeftovers(logger)
    }
  })
}

/**
 * Runs a process that does one job and ends. Its exit code is 0 after success and 1 after a
 * failure.
 */
export async function runOnce<Config extends ProcessConfig>(
  name: string,
  readConfig: ServiceMain<Config>['readConfig'],
  work: (config: Config, logger: Logger, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const signal = stopSignal()
  let logger = createLogger(name, 'info')
  try {
    const config = readConfig(process.env)
    logger = createLogger(name, config.logLevel)
    await work(config, logger, signal)
  } catch (error) {
    if (signal.aborted) {
      exitDespiteLeftovers(logger)
      return
    }
    logger.error(errorFields(error), `${name}-failed`)
    process.exitCode = 1
    exitAfter(graceSeconds, logger)
  }
}

function exitAfter(seconds: number, logger: Logger): void {
  const timer = setTimeout(() => {
    logger.error({ seconds }, 'service-did-not-end')
    process.exit(1)
  }, seconds * 1000)
  timer.unref()
}

/**
 * Ends a process that has closed everything. What may keep it alive cannot be cancelled: the lookup of a
 * host name, which takes up to ten seconds, and kafkajs' pause before a retry.
 */
function exitDespiteLeftovers(logger: Logger): void {
  const timer = setTimeout(() => {
    logger.debug({ resources: process.getActiveResourcesInfo() }, 'exited-with-leftovers')
    process.exit()
  }, leftoverMs)
  timer.unref()
}
