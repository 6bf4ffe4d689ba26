import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import { roles } from '../../../topology/role-registry.ts'
import type { ServicePlan } from '../../../topology/service-plan.ts'
import type { ContainerContext } from '../container.ts'
import { container, memoryOf, ownedBy } from '../container.ts'
import { dataVolume } from '../data-volume.ts'
import { volumePath } from '../../placement.ts'
import { jaasOption, privateEntrypoint } from './private-files.ts'
import { limitProcesses } from '../process-limit.ts'
import type { Secrets } from '../secrets.ts'
import type { ZooKeeper } from './zookeeper.ts'

export type KafkaArgs = {
  readonly plans: readonly ServicePlan[]
  readonly surroundings: ContainerContext
  readonly image: pulumi.Input<string>
  readonly zookeeper: ZooKeeper
  readonly secrets: Secrets
}

const home = '/opt/kafka'

/** The brokers, from the official image. All settings are on the command line; no file is needed. */
export class Kafka extends pulumi.ComponentResource {
  constructor(name: string, args: KafkaArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:docker:Kafka', name, {}, options)
    for (const plan of args.plans) this.#broker(plan, args)
    this.registerOutputs()
  }

  #broker(plan: ServicePlan, { surroundings, image, zookeeper, secrets }: KafkaArgs): void {
    const volume = dataVolume(plan.name, surroundings.config, this)
    const containerPath = volumePath('kafka')
    const overrides = Object.entries(plan.settings)
    const spec = {
      image,
      user: 'appuser',
      memoryMegabytes: memoryOf(plan),
      entrypoints: privateEntrypoint(
        containerPath,
        [`${home}/bin/kafka-server-start.sh`, `${home}/config/server.properties`],
        plan.logins ?? [],
      ),
      command: overrides.flatMap(([key, value]) => ['--override', `${key}=${value}`]),
      env: {
        KAFKA_HEAP_OPTS: `-Xmx${plan.heapMegabytes ?? ''}m`,
        KAFKA_JVM_PERFORMANCE_OPTS: '-XX:+UseSerialGC -Djava.awt.headless=true',
        // Warnings and errors go to the container's log. The broker's own log files would fill the disk.
        KAFKA_LOG4J_OPTS: `-Dlog4j.configuration=file:${home}/config/tools-log4j.properties`,
        KAFKA_OPTS: jaasOption,
        LOG_DIR: '/tmp',
        // Replaces the start script's options, which would add a garbage collector log.
        EXTRA_ARGS: '-name kafkaServer',
      },
      mounts: [
        { volumeName: volume.name, containerPath, readOnly: false },
        ...(roles.kafka.secrets ?? []).map((name) => secrets.mount(name)),
      ],
      // The image declares these volumes. Without tmpfs mounts the engine would create them.
      scratch: ['/etc/kafka/secrets', '/mnt/shared/config'],
    }
    const options = ownedBy(this, [secrets, zookeeper])
    const broker = new docker.Container(plan.name, container(plan, spec, surroundings), options)
    limitProcesses(plan.name, broker, this)
  }
}
