import { Command, InvalidArgumentError, Option } from 'commander'
import type { DeadLetterFilter } from '../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import { deadLetterStates } from '../../services/ledger/dead-letter.ts'
import type { RecordPosition } from '../../services/ledger/receipt.ts'
import { parseReceipt } from '../../services/ledger/receipt.ts'
import { parseIsoMicroseconds } from '../../services/telemetry/time.ts'
import { refusalCodes } from '../../services/pipelines/decode/refusal-codes.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import { deadLetterCodes } from '../../services/telemetry/reading/wire.ts'
import type { PlatformChoice } from '../targets/target.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { withChoice } from '../platform/running-platform.ts'

/** Names a dead letter by its id or by the receipt of its record. */
export type Reference = number | RecordPosition

/** Dead letters by reference, or at most `atMost` that match a filter. */
export type Selection =
  | { readonly kind: 'named'; readonly references: readonly Reference[] }
  | { readonly kind: 'matching'; readonly filter: DeadLetterFilter; readonly atMost: number }

/** The parsed arguments of `npm run dead-letters`. */
export type DeadLettersRequest = (
  | { readonly kind: 'list'; readonly filter: DeadLetterFilter; readonly limit: number }
  | { readonly kind: 'show'; readonly reference: Reference }
  | { readonly kind: 'redrive'; readonly selection: Selection; readonly yes: boolean }
  | {
      readonly kind: 'discard'
      readonly selection: Selection
      readonly yes: boolean
      readonly reasonText: string | null
    }
  | ({ readonly kind: 'skip'; readonly partition: number; readonly yes: boolean } & Range)
) & {
  readonly choice: PlatformChoice
  readonly json: boolean
  /** Name of the pipeline whose dead letters are meant. */
  readonly pipeline: string
}

/** Offsets; both ends are included. */
type Range = { readonly first: number; readonly last: number }

type FilterOptions = {
  readonly reason?: readonly string[]
  readonly since?: number
  readonly until?: number
}
type CommonOptions = PlatformChoice & { readonly json: boolean; readonly pipeline: string }
type ListOptions = FilterOptions & CommonOptions & { readonly all: boolean; readonly limit: number }
type SelectOptions = FilterOptions &
  CommonOptions & {
    readonly open: boolean
    readonly limit?: number
    readonly yes: boolean
    readonly reasonText?: string
  }

/**
 * @param writeError receives the message about a wrong argument
 * @throws CommanderError after that message was written
 */
export function parseRequest(
  args: readonly string[],
  writeError: (text: string) => void = (text) => process.stderr.write(text),
): DeadLettersRequest {
  const command = new Command('npm run dead-letters --')
    .description(
      'Lists, shows, redrives or discards dead letters: records that could not be stored as a row. Skips offsets that cannot be read.',
    )
    .configureOutput({ writeErr: writeError })
  let request: DeadLettersRequest | undefined
  const setRequest = (parsed: DeadLettersRequest): void => {
    request = parsed
  }
  addList(command, setRequest)
  addShow(command, setRequest)
  addRedrive(command, setRequest)
  addDiscard(command, setRequest)
  addSkip(command, setRequest)
  parseArguments(command, args)
  if (request === undefined) throw new Error('the subcommand did not set a request')
  return request
}

type SetRequest = (request: DeadLettersRequest) => void

function addList(parent: Command, setRequest: SetRequest): void {
  const command = parent.command('list').description('List and count dead letters, newest first.')
  withFilters(command)
    .addOption(new Option('--open', 'only open ones (default)').conflicts('all'))
    .option('--all', 'also redriven and discarded ones', false)
    .option('--limit <count>', 'maximum number to show', toCount, 50)
  withCommon(command).action((options: ListOptions) => {
    const states = options.all ? deadLetterStates : (['open'] as const)
    const filter = toFilter(options, states, command)
    setRequest({ kind: 'list', filter, limit: options.limit, ...toCommon(options) })
  })
}

function addShow(parent: Command, setRequest: SetRequest): void {
  const command = parent.command('show').description('Show all details of one dead letter.')
  command.argument('<id>', 'its id, or the receipt of its record', toReference)
  withCommon(command).action((reference: Reference, options: CommonOptions) => {
    setRequest({ kind: 'show', reference, ...toCommon(options) })
  })
}

function addRedrive(parent: Command, setRequest: SetRequest): void {
  const command = parent
    .command('redrive')
    .description('Parse dead letters again and store the valid readings. Invalid ones stay open.')
  withSelection(command).action((references: readonly Reference[], options: SelectOptions) => {
    const selection = toSelection(references, options, command)
    setRequest({ kind: 'redrive', selection, yes: options.yes, ...toCommon(options) })
  })
}

function addDiscard(parent: Command, setRequest: SetRequest): void {
  const command = parent
    .command('discard')
    .description('Mark dead letters as discarded. They are kept and can still be redriven by id.')
    .option('--reason-text <text>', 'note with the reason, shown by show')
  withSelection(command).action((references: readonly Reference[], options: SelectOptions) => {
    const selection = toSelection(references, options, command)
    const reasonText = options.reasonText ?? null
    setRequest({ kind: 'discard', selection, reasonText, yes: options.yes, ...toCommon(options) })
  })
}

function addSkip(parent: Command, setRequest: SetRequest): void {
  const command = parent
    .command('skip')
    .description(
      'Give up offsets that cannot be read from Kafka. Each becomes a dead letter without content.',
    )
    .argument('<partition>', 'the number of the partition', toPartition)
    .argument('<offsets>', 'the first and the last offset, FIRST..LAST', toRange)
    .option('-y, --yes', 'do not ask for confirmation', false)
  withCommon(command).action(
    (partition: number, range: Range, options: CommonOptions & { readonly yes: boolean }) => {
      setRequest({ kind: 'skip', partition, ...range, yes: options.yes, ...toCommon(options) })
    },
  )
}

function withFilters(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--reason <code>',
        'only with this reason; repeat it for several reasons',
      ).argParser(toReasons),
    )
    .option(
      '--since <time>',
      'only those that became dead letters at or after this time, ISO 8601',
      toTime,
    )
    .option(
      '--until <time>',
      'only those that became dead letters before this time, ISO 8601',
      toTime,
    )
}

function withCommon(command: Command): Command {
  return withChoice(command)
    .option('--pipeline <name>', 'dead letters of this pipeline', readingsPipeline)
    .option('--json', 'print JSON only', false)
}

function withSelection(command: Command): Command {
  command.argument('[ids...]', 'their ids, or the receipts of their records', toReferences, [])
  withFilters(command)
    .option('--open', 'all open ones', false)
    .option('--limit <count>', 'maximum number, oldest first', toCount)
    .option('-y, --yes', 'do not ask for confirmation', false)
  return withCommon(command)
}

function toCommon({ target, network, config, json, pipeline }: CommonOptions) {
  const choice = {
    ...(target && { target }),
    ...(network !== undefined && { network }),
    ...(config !== undefined && { config }),
  }
  return { choice, json, pipeline }
}

function toFilter(
  { reason, since, until }: FilterOptions,
  states: DeadLetterFilter['states'],
  command: Command,
): DeadLetterFilter {
  if (since !== undefined && until !== undefined && since >= until) {
    command.error('error: --since must be before --until.')
  }
  return { codes: reason, since, until, states }
}

function toSelection(
  references: readonly Reference[],
  options: SelectOptions,
  command: Command,
): Selection {
  const { reason, since, until, open, limit } = options
  const filters = [reason, since, until, limit, open || undefined]
  const filtered = filters.some((filter) => filter !== undefined)
  if (references.length > 0) {
    if (filtered) command.error('error: choose by ids or by filters, not by both.')
    return { kind: 'named', references }
  }
  if (!filtered) {
    command.error(
      'error: choose dead letters by ids, --reason, --since or --until, or all open ones by --open.',
    )
  }
  const filter = toFilter(options, ['open'], command)
  return { kind: 'matching', filter, atMost: limit ?? Infinity }
}

function toPartition(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected the number of a partition, e.g. 3.')
}

function toRange(text: string): Range {
  const [, first, last] = (/^(\d{1,15})\.\.(\d{1,15})$/.exec(text) ?? []).map(Number)
  if (first !== undefined && last !== undefined && first <= last) return { first, last }
  throw new InvalidArgumentError(
    'Expected the first and the last offset, e.g. 120..139 or 120..120.',
  )
}

function toReference(text: string): Reference {
  const number = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
  const reference = number ?? parseReceipt(text)
  if (reference !== undefined) return reference
  throw new InvalidArgumentError(
    'Expected the id of a dead letter, or a receipt (LOG-PARTITION-OFFSET).',
  )
}

function toReferences(text: string, previous: readonly Reference[]): Reference[] {
  return [...previous, toReference(text)]
}

/** The reasons of readings, and those of declared pipelines. */
const knownCodes = new Set<string>([...deadLetterCodes, ...refusalCodes])

function toReasons(text: string, previous: readonly string[] = []): string[] {
  if (knownCodes.has(text)) return [...previous, text]
  throw new InvalidArgumentError(`Known reasons: ${[...knownCodes].join(', ')}.`)
}

/** A day without a time means 00:00 UTC. */
function toTime(text: string): number {
  const time = parseIsoMicroseconds(text) ?? parseIsoMicroseconds(`${text}T00:00:00Z`)
  if (time !== undefined) return time
  throw new InvalidArgumentError(
    'Expected ISO 8601 with an offset or a day, e.g. 2026-01-31T12:00:00Z or 2026-01-31.',
  )
}

function toCount(text: string): number {
  const count = Number(text)
  if (/^\d{1,9}$/.test(text) && count >= 1) return count
  throw new InvalidArgumentError('Expected a whole number from 1 to 999999999.')
}
