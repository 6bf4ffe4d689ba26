import { local } from '@pulumi/command'
import * as docker from '@pulumi/docker'
import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../config/config-schema.ts'
import { toLabels } from './container.ts'
import { labels } from '../names.ts'

/** The bridge network of the containers, including vehicles. */
export class Network extends pulumi.ComponentResource {
  readonly networkName: pulumi.Output<string>

  constructor(
    name: string,
    { config }: { readonly config: PlatformConfig },
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super('av-telemetry:docker:Network', name, {}, options)
    const network = new docker.Network(
      name,
      {
        name: config.network.name,
        driver: 'bridge',
        labels: toLabels({ [labels.platform]: config.network.name }),
      },
      { parent: this },
    )
    // Vehicles are not managed by Pulumi. A remaining one would prevent the removal of the network.
    new local.Command(
      'vehicles',
      { delete: removeVehicles(config.network.name) },
      { parent: this, dependsOn: network },
    )
    this.networkName = network.name
    this.registerOutputs({ networkName: this.networkName })
  }
}

/** Removes them one after another: if several leave a network together, the engine may miscount them (moby/moby#42119). */
function removeVehicles(platform: string): string {
  const filter = `--filter label=${labels.vehicle}=${platform}`
  return [
    `for vehicle in $(docker ps -aq ${filter}); do docker rm -fv "$vehicle" || exit 1; done`,
    `kept=$(docker volume ls -q ${filter})`,
    '[ -z "$kept" ] || docker volume rm $kept',
  ].join('\n')
}
