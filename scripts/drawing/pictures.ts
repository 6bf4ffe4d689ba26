import { toConfig } from '../../infra/config.ts'
import { containersPicture } from './picture.ts'

/** Several of whatever there can be several of. */
const severalOfEach = {
  zookeeper: { instances: 3 },
  kafka: { instances: 3, replicationFactor: 3, minInsyncReplicas: 2 },
  producer: { instances: 3 },
  consumer: { instances: 2 },
}

/** The pictures that are made from the topology: SVG by name. */
export function drawnPictures(): Record<string, string> {
  return {
    'containers.svg': containersPicture(toConfig({})),
    'containers-several.svg': containersPicture(toConfig(severalOfEach)),
  }
}
