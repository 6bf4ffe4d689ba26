import { cpSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foldersOf } from '../../../infra/local/folders.ts'
import { postgresPrograms } from '../../../infra/local/postgres-files.ts'
import { findVersitygw } from '../../../scripts/platform/versitygw.ts'
import { runProgram } from './run-program.ts'
import { withBuildFolder } from './build-folder.ts'

/** The base images of a platform. */
export const baseRoles = ['node', 'postgres', 'zookeeper', 'kafka', 'haproxy', 'versitygw'] as const
export type BaseRole = (typeof baseRoles)[number]

/** Adds files to the build context that the Dockerfile copies and this repository does not have. */
type AddFiles = (context: string, majorVersion: string) => Promise<void>

type StandIn = {
  /** The image names that the stand-in can have. The group is the major version. */
  readonly namePattern: RegExp
  readonly addFiles?: AddFiles
}

const here = dirname(fileURLToPath(import.meta.url))
const root = dirname(dirname(dirname(here)))

const standIns: Record<BaseRole, StandIn> = {
  node: { namePattern: /(?:^|\/)node:(\d+)/, addFiles: addNode },
  postgres: { namePattern: /(?:^|\/)postgres:(18)(?!\d)/, addFiles: addPostgres },
  zookeeper: { namePattern: /(?:^|\/)zookeeper:(3)\.8/, addFiles: addZookeeperJars },
  kafka: { namePattern: /(?:^|\/)kafka:(3)\.9/, addFiles: addKafkaJars },
  haproxy: { namePattern: /(?:^|\/)haproxy:(3)\.0/ },
  versitygw: { namePattern: /(?:^|\/)versitygw:v(1)\.8/, addFiles: addVersitygw },
}

/** Builds the stand-in of a role with this image name. */
export async function buildStandIn(role: BaseRole, image: string): Promise<void> {
  const { namePattern, addFiles } = standIns[role]
  const [, majorVersion] = namePattern.exec(image) ?? []
  if (majorVersion === undefined) {
    throw new Error(
      `${image} cannot be pulled, and there is no stand-in for this version of ${role}.`,
    )
  }
  await withBuildFolder(async (folder) => {
    const context = join(folder, role)
    cpSync(join(here, role), context, { recursive: true })
    await addFiles?.(context, majorVersion)
    // With the host's network, a build reaches the same package mirrors as this machine.
    const options = ['--network', 'host', '--force-rm', '--tag', image]
    await runProgram('docker', ['build', ...options, context])
  })
}

/** npm has the official build of each Node version as a package. */
async function addNode(context: string, majorVersion: string): Promise<void> {
  const name = `node-linux-${process.arch}@${majorVersion}`
  const archive = await runProgram('npm', ['pack', '--silent', name], { cwd: context })
  await runProgram('tar', ['-xzf', archive, '--strip-components=2', 'package/bin/node'], {
    cwd: context,
  })
}

async function addPostgres(context: string): Promise<void> {
  await cp(postgresPrograms(), join(context, 'native'), { recursive: true, verbatimSymlinks: true })
}

/** Copies the program versitygw that Go has built. */
async function addVersitygw(context: string): Promise<void> {
  const program = findVersitygw()
  if (program === undefined) throw new Error('It needs versitygw. Install Go, which builds it.')
  await cp(await runProgram('which', [program]), join(context, 'versitygw'))
}

async function addZookeeperJars(context: string): Promise<void> {
  await fetchJars(join(context, 'pom.xml'), join(context, 'jars'))
}

/** Copies the jars of the local platform. Downloads them first if they are missing. */
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
