import { Command } from 'commander'
import { UserError } from '../../infra/checks/user-error.ts'
import { printProgress } from '../cli/output.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import {
  buildPrograms,
  installSystemPrograms,
  isBuilt,
  missingForCluster,
} from '../setup/kubernetes.mjs'
import { withSetupLock } from '../setup/lock.mjs'
import { SetupError } from '../setup/run.mjs'
import { withCluster } from '../test/kubernetes/cluster.ts'
import { runGroups } from '../test/run-groups.ts'

type Options = { readonly context?: string; readonly set: readonly string[] }

/** `.ci/run` sets it: the tests run only if the programs of the cluster are built already. */
const mustBeBuilt = process.env['AV_TELEMETRY_KUBERNETES_TESTS'] === 'if-built'

/** `npm run test:kubernetes`: the tests that need a cluster, or those of the named files. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const command = new Command('npm run test:kubernetes --')
      .description(
        'Tests the platform on Kubernetes: on a cluster that it starts on this machine and removes, or on a cluster of yours.',
      )
      .argument('[files...]', 'test files, by default all')
      .option(
        '--context <name>',
        'use the cluster of this context of kubectl. It also needs --set images.registry=HOST/PATH. Without this option no existing cluster is used',
      )
      .option('--set <key=value...>', 'set a key of the configuration of all test platforms', [])
    const { args: files } = parseArguments(command, args)
    const { context, set } = command.opts<Options>()
    const tests = files.length > 0 ? files : ['tests/kubernetes/**/*.test.ts']
    const runTests = (): Promise<number> => runGroups([tests], signal)
    process.env['AV_TELEMETRY_KUBERNETES_SET'] = JSON.stringify(set)
    if (context !== undefined) {
      if (!set.some((text) => text.startsWith('images.registry='))) {
        throw new UserError(
          'The nodes pull the images of the tests from a registry. Name one that this machine can push to: --set images.registry=HOST/PATH',
        )
      }
      process.env['AV_TELEMETRY_KUBERNETES_CONTEXT'] = context
      return runTests()
    }
    const missing = await prepare()
    if (signal.aborted) return 130
    if (missing.length > 0) {
      printProgress(`The tests on Kubernetes are skipped. ${missing.join(' ')}`)
      return runTests()
    }
    printProgress('Starting a cluster for the tests ...')
    return withCluster((environment) => {
      Object.assign(process.env, environment)
      return runTests()
    })
  })
}

/** Builds the programs of the cluster if they are missing. Returns sentences if there can be no cluster. */
async function prepare(): Promise<string[]> {
  const missing = missingForCluster()
  if (missing.length > 0) {
    return [
      ...missing,
      'Name a cluster of yours instead: npm run test:kubernetes -- --context NAME',
    ]
  }
  if (mustBeBuilt && !isBuilt())
    return ['Kubernetes is not built yet: npm run test:kubernetes builds it once.']
  try {
    await withSetupLock(async () => {
      await installSystemPrograms()
      if (!isBuilt()) await buildPrograms()
    })
  } catch (error) {
    throw error instanceof SetupError ? new UserError(error.message) : error
  }
  return []
}
