import { lchownSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { replaceFile } from '../../services/runtime/process/replace-file.ts'
import { jaasText } from '../topology/logins/jaas.ts'
import type { ServicePlan } from '../topology/service-plan.ts'
import { bundleOf } from '../bundle/bundles.ts'
import type { Role } from '../topology/role-registry.ts'
import { roles } from '../topology/role-registry.ts'
import { memoryEnv } from '../topology/node-memory.ts'
import type { Folders } from './folders.ts'
import { makePrivateFolder } from './folders.ts'
import { writeGeneratedFiles } from './generated-files.ts'
import type { SystemUser } from './postgres-files.ts'
import { readSecret } from './secrets.ts'
import type { Command } from './supervised-process.ts'

/** What is needed to render a service as a process of this machine. */
export type Machine = {
  readonly folders: Folders
  readonly java: string
  /** Undefined if the user runs the server. */
  readonly postgres:
    | {
        readonly programs: string
        readonly data: string
        readonly user: SystemUser | undefined
      }
    | undefined
}

type Render = (plan: ServicePlan, machine: Machine) => Command

/** Third-party servers: each has its own command. */
const servers: Readonly<Partial<Record<Role, Render>>> = {
  postgres: postgresCommand,
  zookeeper: zookeeperCommand,
  kafka: (plan, machine) => javaCommand(plan, machine, 'kafka.Kafka'),
}

/** Renders a service of the topology as a command, and writes its folder and the files that it reads. */
export function toCommand(plan: ServicePlan, machine: Machine): Command {
  writeGeneratedFiles(plan)
  // The folder of Postgres belongs to another user. `initDatabase` creates it.
  if (plan.role !== 'postgres') makePrivateFolder(join(machine.folders.data, plan.name))
  const render = servers[plan.role] ?? nodeCommand
  return render(plan, machine)
}

function common({ name, role }: ServicePlan, { folders }: Machine) {
  const logFile = join(folders.logs, `${name}.log`)
  const stopSignal: NodeJS.Signals = roles[role].stop.signal ?? 'SIGTERM'
  return { name, role, logFile, stopSignal, restart: true }
}

/** Variables of the user's environment that programs need to run. Variables that change their behaviour are left out. */
function basicEnv(): Record<string, string> {
  const passedOn = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ']
  return Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function postgresCommand(plan: ServicePlan, machine: Machine): Command {
  if (machine.postgres === undefined) throw new Error('the platform starts no Postgres')
  const { programs, data, user } = machine.postgres
  const settings = {
    ...plan.settings,
    unix_socket_directories: '',
    ...(plan.access && { hba_file: writeAccessFile(plan.access, data, user) }),
  }
  return {
    ...common(plan, machine),
    file: join(programs, 'bin', 'postgres'),
    args: [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    env: { ...basicEnv(), LC_ALL: 'C' },
    ...(user ? { user } : {}),
  }
}

/** Writes `pg_hba.conf` beside the data folder, so that the one in it stays as it is. @returns its path */
function writeAccessFile(
  lines: readonly string[],
  data: string,
  user: SystemUser | undefined,
): string {
  const path = join(dirname(data), 'pg_hba.conf')
  replaceFile(path, `${lines.join('\n')}\n`, 0o600)
  if (user) lchownSync(path, user.uid, user.gid)
  return path
}

function zookeeperCommand(plan: ServicePlan, machine: Machine): Command {
  const data = plan.settings['dataDir'] ?? ''
  makePrivateFolder(data)
  writeFileSync(join(data, 'myid'), `${plan.instance + 1}\n`, { mode: 0o600 })
  return javaCommand(plan, machine, 'org.apache.zookeeper.server.quorum.QuorumPeerMain')
}

function javaCommand(plan: ServicePlan, machine: Machine, mainClass: string): Command {
  const { folders, java } = machine
  const settings = join(folders.settings, `${plan.name}.properties`)
  const lines = Object.entries(plan.settings).map(
    ([key, value]) => `${key}=${escapeProperty(value)}`,
  )
  replaceFile(settings, `${lines.join('\n')}\n`, 0o600)
  const log4j = join(folders.root, 'infra', 'local', 'kafka', 'log4j.properties')
  return {
    ...common(plan, machine),
    file: java,
    args: [
      `-Xmx${plan.heapMegabytes ?? 256}m`,
      '-XX:+UseSerialGC',
      ...javaOptions(),
      '-Djava.awt.headless=true',
      '-Dzookeeper.jmx.log4j.disable=true',
      `-Dlog4j.configuration=file:${log4j}`,
      ...loginOptions(plan, folders),
      ...['-cp', join(folders.jars, '*')],
      mainClass,
      settings,
    ],
    // Java takes the encoding of paths from the locale (sun.jnu.encoding).
    env: { ...basicEnv(), LC_ALL: 'C.UTF-8' },
  }
}

/** Writes the JAAS file of a server. @returns the option of the Java VM that names it */
function loginOptions({ name, logins }: ServicePlan, folders: Folders): string[] {
  if (logins === undefined) return []
  const file = join(folders.settings, `${name}.jaas`)
  replaceFile(
    file,
    jaasText(logins, (secret) => readSecret(folders, secret)),
    0o600,
  )
  return [`-Djava.security.auth.login.config=${file}`]
}

/** More options of the Java VM, separated by spaces. Tests set them for servers that live for seconds. */
function javaOptions(): string[] {
  return process.env['AV_TELEMETRY_JAVA_OPTIONS']?.split(' ').filter(Boolean) ?? []
}

/** Java reads properties as ISO-8859-1 with backslash escapes (java.util.Properties). */
function escapeProperty(value: string): string {
  const escaped = value.replaceAll('\\', '\\\\')
  return escaped.replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

function nodeCommand(plan: ServicePlan, machine: Machine): Command {
  const once = plan.ready.kind === 'exit'
  return {
    ...common(plan, machine),
    file: process.execPath,
    args: ['--enable-source-maps', bundleOf(plan.role, machine.folders.bundles)],
    env: { ...basicEnv(), NODE_ENV: 'production', ...memoryEnv(plan), ...plan.env },
    restart: !once,
  }
}
