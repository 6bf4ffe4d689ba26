import { container } from './container-resource.ts'
import { image, remoteImage } from './image-resources.ts'
import type { ResourceKinds } from './resource-kind.ts'
import { command, network, password, volume } from './small-resources.ts'

/** The resources of the Docker target, which the harness creates through the Docker Engine API. */
export const dockerKinds: ResourceKinds = {
  'docker:index/network:Network': network,
  'docker:index/volume:Volume': volume,
  'docker:index/remoteImage:RemoteImage': remoteImage,
  'docker:index/image:Image': image,
  'docker:index/container:Container': container,
  'random:index/randomPassword:RandomPassword': password,
  'command:local:Command': command,
}
