import { roles } from '../../topology/role-registry.ts'
import { volumePath } from '../placement.ts'
import { javaOptions, privateEntrypoint } from './private-files.ts'
import type { ContainerProgram, ProgramContext } from './program.ts'

const home = '/opt/kafka'

/** A broker, from the official image. All settings are on the command line; no file is needed. */
export function kafkaProgram({ plan, target }: ProgramContext): ContainerProgram {
  return {
    user: { name: 'appuser', id: 1_000 },
    entrypoint: privateEntrypoint({
      folder: volumePath('kafka'),
      program: [`${home}/bin/kafka-server-start.sh`, `${home}/config/server.properties`],
      logins: plan.logins ?? [],
      target,
    }),
    command: Object.entries(plan.settings).flatMap(([key, value]) => [
      '--override',
      `${key}=${value}`,
    ]),
    env: {
      KAFKA_HEAP_OPTS: `-Xmx${plan.heapMegabytes ?? ''}m`,
      KAFKA_JVM_PERFORMANCE_OPTS: '-XX:+UseSerialGC -Djava.awt.headless=true',
      // Warnings and errors go to the container's log. The broker's own log files would fill the disk.
      KAFKA_LOG4J_OPTS: `-Dlog4j.configuration=file:${home}/config/tools-log4j.properties`,
      KAFKA_OPTS: javaOptions(target),
      LOG_DIR: '/tmp',
      // Replaces the start script's options, which would add a garbage collector log.
      EXTRA_ARGS: '-name kafkaServer',
    },
    secrets: roles.kafka.secrets ?? [],
    // The image declares these volumes. Without mounts the engine would create them.
    scratch: ['/etc/kafka/secrets', '/mnt/shared/config'],
  }
}
