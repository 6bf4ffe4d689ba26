import { Command, InvalidArgumentError } from 'commander'
import { UserError } from '../../infra/checks/user-error.ts'
import { residentMegabytes } from '../../tests/support/metrics.ts'
import type { FuzzResult } from '../../tests/support/fuzz/run-fuzz.ts'
import { runFuzz, settledAccount } from '../../tests/support/fuzz/run-fuzz.ts'
import { DescribedPlatform } from '../../tests/support/openapi/described-platform.ts'
import {
  findSchemathesis,
  runSchemathesis,
  schemathesisMissing,
} from '../../tests/support/openapi/run-schemathesis.ts'
import { comparePlain } from '../../tests/support/plain/compare-servers.ts'
import { comparedProducers } from '../../tests/support/plain/compared-producers.ts'
import { startServers } from '../../tests/support/servers.ts'
import { Tenant } from '../../tests/support/tenant.ts'
import { until } from '../../tests/support/until.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { print, printProgress } from '../cli/output.ts'
import { formatTable } from '../cli/table.ts'

type Options = {
  readonly count: number
  readonly seed: number
  readonly schema?: true
  readonly plain?: true
}
/** For the document of one service. 2,000 requests for each operation take less. */
const schemaTimeoutMs = 3_600_000
type Memory = { readonly producer: number; readonly consumer: number }

/**
 * `npm run fuzz`: sends random requests and records to a separate platform. Exit code 1 if a response was
 * not as documented, or if the account does not balance.
 */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(async () => {
    const command = new Command('npm run fuzz --')
      .description('Sends random requests and records to a separate platform.')
      .option(
        '--count <n>',
        'number of cases: 90 % HTTP requests, 10 % Kafka records',
        toWhole,
        100_000,
      )
      .option(
        '--schema',
        'test the OpenAPI documents with schemathesis; --count is then the number of random requests for each operation, by default 500',
      )
      .option(
        '--plain',
        'compare answers with and without node:http, without Kafka; --count is then the number of connections for each of several producers, by default 2,000',
      )
      .option('--seed <n>', 'the same seed gives the same cases', toWhole, Date.now() % 2 ** 31)
    const options = parseArguments(command, args).opts<Options>()
    const isDefault = command.getOptionValueSource('count') === 'default'
    if (options.plain) return await fuzzPlain({ ...options, ...(isDefault && { count: 2_000 }) })
    if (options.schema) {
      return await fuzzSchema({ ...options, ...(isDefault && { count: 500 }) })
    }
    await using servers = await startServers()
    await using tenant = await Tenant.create(servers)
    return await fuzz(tenant, options)
  })
}

async function fuzz(tenant: Tenant, { count, seed }: Options): Promise<number> {
  const services = [tenant.spawn('producer'), tenant.spawn('consumer')]
  await until('the services are ready', () => memoryOf(tenant))
  await until('Kafka is known', async () => (await fetch(`${tenant.url}/events`)).status === 200)
  // A tenth first, as a warm-up: memory that a service needs for its first cases is not a leak.
  const warmUp = await runFuzz(tenant, { count: Math.ceil(count / 10), seed: seed + 1 })
  const before = await memoryOf(tenant)
  const since = Date.now()
  const onProgress = (done: number): void => {
    printProgress(`${done} of ${count}`)
  }
  const result = await runFuzz(tenant, { count, seed, onProgress })
  const seconds = (Date.now() - since) / 1_000
  const account = await settledAccount(tenant, 600)
  const after = await memoryOf(tenant)
  print(`${count} cases of seed ${seed} in ${seconds.toFixed(1)} s: ${describeResult(result)}`)
  print(formatTable(['status', 'answers'], statusRows(result)))
  print(formatTable(['MB resident', 'before', 'after'], memoryRows(before, after)))
  print(JSON.stringify(account))
  const faults = [...warmUp.faults, ...result.faults]
  for (const fault of faults) print(fault)
  const crashed = services.some((child) => child.exitCode !== null || child.signalCode !== null)
  if (crashed) print('A service has ended.')
  const isBalanced =
    account.unaccounted === 0 &&
    account.settled === account.offsets &&
    account.rows === account.stored &&
    account.deadLetters === account.deadLettered
  print(isBalanced ? 'balanced' : 'NOT balanced')
  return faults.length === 0 && isBalanced && !crashed ? 0 : 1
}

/** Exit code 1 if a response is not as the OpenAPI document of its service describes it. */
async function fuzzSchema({ count, seed }: Options): Promise<number> {
  const python = findSchemathesis()
  if (python === undefined) throw new UserError(`${schemathesisMissing}.`)
  await using servers = await startServers()
  await using platform = await DescribedPlatform.start(servers)
  let code = 0
  for (const [service, url] of Object.entries(platform.urls)) {
    printProgress(`Testing the document of the ${service} with seed ${seed} ...`)
    const limits = { maxExamples: count, timeoutMs: schemaTimeoutMs }
    const result = await runSchemathesis(python, { url, token: platform.token, seed, ...limits })
    print(result.report)
    code = Math.max(code, result.code)
  }
  return code
}

/** Exit code 1 if a request to `POST /events` is answered otherwise without `node:http` than with it. */
async function fuzzPlain({ count, seed }: Options): Promise<number> {
  let code = 0
  for (const { name, options } of comparedProducers) {
    printProgress(`Comparing a producer ${name} with seed ${seed} ...`)
    const { plainAnswers, difference } = await comparePlain(options, { count, seed })
    print(
      `A producer ${name}: ${count} connections, ${plainAnswers} answers without node:http, ${difference === undefined ? 'no difference' : 'a difference:'}`,
    )
    if (difference === undefined) continue
    print(difference)
    code = 1
  }
  return code
}

async function memoryOf({ config }: Tenant): Promise<Memory> {
  const [producer, consumer] = await Promise.all([
    residentMegabytes(config.producer.opsHostPort),
    residentMegabytes(config.consumer.opsHostPort),
  ])
  return { producer, consumer }
}

function describeResult(result: FuzzResult): string {
  const { requests, records, accepted, ofDevices, faults } = result
  return `${requests} requests, ${records} records, ${accepted} readings accepted, ${ofDevices} messages of devices stored or refused, ${faults.length} faults`
}

function statusRows({ statuses }: FuzzResult): string[][] {
  const sorted = [...statuses].sort(([left], [right]) => left - right)
  return sorted.map(([status, answers]) => [String(status), String(answers)])
}

function memoryRows(before: Memory, after: Memory): string[][] {
  const names = ['producer', 'consumer'] as const
  return names.map((name) => [name, String(before[name]), String(after[name])])
}

function toWhole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}
