import { expect } from 'chai'
import { diagramContainers } from '../../../scripts/documents/diagram-container.ts'
import type { DrawnContainer as Made } from './drawn-platform.ts'
import { oneOfEach, severalOfEach } from './drawn-platform.ts'

const secretFolder = '/run/secrets/'

/** The content of the diagram, read from the declared Pulumi resources. */
function asMade({ name, inputs }: Made) {
  const volumes = inputs.volumes ?? []
  const mounted = volumes.map(({ containerPath = '' }) => containerPath)
  const own = volumes.find(({ readOnly, containerPath = '' }) => {
    return readOnly === false && !containerPath.startsWith(secretFolder)
  })
  const secrets = mounted.filter((path) => path.startsWith(secretFolder))
  return {
    name,
    ports: (inputs.ports ?? []).map(({ ip, external }) => `${ip ?? ''}:${external ?? ''}`),
    dataFolder: own?.containerPath,
    secrets: secrets.map((path) => path.slice(secretFolder.length)).sort(),
    isOnce: inputs.restart === 'no',
  }
}

for (const [title, draw] of Object.entries({ oneOfEach, severalOfEach })) {
  describe(`containers in the diagram (${title})`, () => {
    it('equal the containers that Pulumi creates, with ports, volumes and secrets', async () => {
      const { config, containers } = await draw()
      const shown = diagramContainers(config)
        .filter(({ role }) => role !== 'fleet')
        .map(({ name, ports, dataFolder, secrets, isOnce }) => ({
          name,
          ports: ports.map(({ ip, external }) => `${ip}:${external}`),
          dataFolder,
          secrets: [...secrets].sort(),
          isOnce,
        }))
      expect(shown).to.have.deep.members(containers.map(asMade))
    })
  })
}
