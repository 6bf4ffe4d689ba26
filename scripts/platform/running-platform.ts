import type { Command } from 'commander'
import { Option } from 'commander'
import { InputError } from '../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { loadConfig } from '../../infra/config/config.ts'
import { userPath } from '../cli/user-paths.ts'
import { targetNames, targets } from '../targets/all-targets.ts'
import type { PlatformChoice, RunningPlatform, Search, Target } from '../targets/target.ts'
import { SilentTargetError } from '../targets/target.ts'
import { masterConfig } from './paths.ts'

/** The line that `npm start` prints when all services are ready. */
export const startedLine = 'The platform is running.'

export const noPlatform =
  'No platform is running on this machine or on Docker. Start one with npm start or pulumi up. To use one on Kubernetes, add --target kubernetes.'

/** Adds the options that choose a platform. */
export function withChoice(command: Command): Command {
  const target = new Option(
    '--target <target>',
    'which platform, if two are running; one on Kubernetes must be named',
  )
  command.addOption(target.choices([...targetNames]))
  return withTargetOptions(command).option(
    '-c, --config <file>',
    'which platform, by the configuration with which it was started',
  )
}

/** Adds the options that choose one of the platforms of a target. */
export function withTargetOptions(command: Command): Command {
  for (const option of targets.flatMap(({ options }) => options)) command.addOption(option)
  return command
}

/** The configuration of the choice; without one that of the clone. */
export function configOf({ config }: PlatformChoice): PlatformConfig {
  return loadConfig(config === undefined ? masterConfig : userPath(config))
}

/**
 * Finds the platform for a command. Without a choice: the one on this machine; else the one on Docker
 * with the name in `config.master.json`; else the only one on Docker. With a configuration file: the one whose
 * network has the name in that file. A platform on a cluster must be named, because the current context of kubectl
 * may be a cluster of others.
 *
 * @param everywhere whether a cluster is asked too, for a command that only adds vehicles
 * @returns undefined if none is running
 * @throws UserError if several on Docker match, or if a target does not answer
 */
export async function findPlatform(
  choice: PlatformChoice,
  { everywhere = false } = {},
): Promise<RunningPlatform | undefined> {
  // Read first: a wrong file is refused, whatever runs.
  const given = choice.config === undefined ? undefined : configOf(choice)
  const meant = meantBy(choice)
  if (meant) return meant.find({ choice, given, isMeant: true })
  return findFirst(
    targets.filter(({ mustBeNamed }) => everywhere || mustBeNamed !== true),
    { choice, given, isMeant: false },
  )
}

/** @throws SilentTargetError if no target has one and one of them does not answer */
async function findFirst(
  searched: readonly Target[],
  search: Search,
): Promise<RunningPlatform | undefined> {
  let silent: SilentTargetError | undefined
  for (const { find } of searched) {
    try {
      const found = await find(search)
      if (found) return found
    } catch (error) {
      if (!(error instanceof SilentTargetError)) throw error
      silent ??= error
    }
  }
  if (silent) throw silent
  return undefined
}

/** The target that the choice names, or to which its other options belong. */
function meantBy(choice: PlatformChoice): Target | undefined {
  const byOption = targets.filter((target) => target.isMeantBy(choice))
  const byName = targets.filter(({ name }) => name === choice.target)
  const [first, ...others] = new Set([...byName, ...byOption])
  if (others.length === 0) return first
  const names = [first, ...others].map((target) => target?.name).join(' and ')
  throw new InputError(
    `The options name different targets (${names}). Give only options of one target.`,
  )
}
