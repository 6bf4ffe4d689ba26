import * as docker from '@pulumi/docker'
import type * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { toLabels } from './container.ts'
import { labels, nameOf } from '../names.ts'

/**
 * A volume of a platform. With `postgres.keepData` it stays after `destroy`. The next `up` uses it again,
 * because the engine does not create a volume that exists.
 */
export function dataVolume(
  name: string,
  config: PlatformConfig,
  parent: pulumi.Resource,
): docker.Volume {
  const args = {
    name: nameOf(config, name),
    driver: 'local',
    labels: toLabels({ [labels.platform]: config.network.name }),
  }
  return new docker.Volume(name, args, { parent, retainOnDelete: config.postgres.keepData })
}
