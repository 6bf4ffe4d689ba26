import { Command } from 'commander'
import { loadConfig } from '../../infra/config/config.ts'
import { checkServers, checkServersForVerify } from '../check-servers/check-servers.ts'
import { formatChecked, toJson } from '../check-servers/report.ts'
import { print, printJson } from '../cli/output.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { userPath } from '../cli/user-paths.ts'
import { masterConfig } from '../platform/paths.ts'

type Options = {
  readonly config: string
  readonly set: string[]
  readonly verify: boolean
  readonly json: boolean
}

/**
 * `npm run check-servers`: what the existing Kafka and Postgres of the configuration allow, before anything is made.
 * Exit code 1 if a right is missing.
 */
export function run(args: readonly string[]): Promise<number> {
  return reportUserErrors(async () => {
    const { config, set, verify, json } = parseOptions(args)
    const check = verify ? checkServersForVerify : checkServers
    const checked = await check(loadConfig(userPath(config), set))
    if (json) printJson(toJson(checked))
    else print(formatChecked(checked))
    return checked.findings.every(({ isAllowed }) => isAllowed) ? 0 : 1
  }, process.stderr)
}

function parseOptions(args: readonly string[]): Options {
  const command = new Command('npm run check-servers --')
    .description(
      'Says what the existing Kafka and Postgres of the configuration allow, and what is missing. It makes nothing.',
    )
    .option('-c, --config <file>', 'configuration file', masterConfig)
    .option('--set <key=value...>', 'set a key of the configuration', [])
    .option('--verify', 'also check what npm run verify and npm run bench need', false)
    .option('--json', 'print JSON only', false)
    .allowExcessArguments(false)
  return parseArguments(command, args).opts<Options>()
}
