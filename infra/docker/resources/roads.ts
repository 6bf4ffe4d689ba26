import * as pulumi from '@pulumi/pulumi'
import type { PlatformConfig } from '../../config/config-schema.ts'
import type { Mount } from './container.ts'
import { dataVolume } from './data-volume.ts'
import { roadsFolder } from '../../containers/placement.ts'
import { roadsVolume } from '../placement.ts'

/**
 * The volume with the roads of the simulated vehicles. Vehicles know only the ingress, so `npm run fleet`,
 * which starts them, writes the file.
 */
export class Roads extends pulumi.ComponentResource {
  readonly mount: Mount

  constructor(
    name: string,
    { config }: { readonly config: PlatformConfig },
    options: pulumi.ComponentResourceOptions = {},
  ) {
    super('av-telemetry:docker:Roads', name, {}, options)
    const volume = dataVolume(roadsVolume, config, this)
    this.mount = { volumeName: volume.name, containerPath: roadsFolder, readOnly: true }
    this.registerOutputs()
  }
}
