import { expect } from 'chai'
import { diagramContainers } from '../../../scripts/documents/diagram-container.ts'
import type { DeclaredContainer } from './declared-platform.ts'
import { platforms } from './declared-platform.ts'

const secretFolder = '/run/secrets/'

/** A container as the diagram shows it, read from the declared Pulumi resource. */
function toDiagramContainer({ name, inputs }: DeclaredContainer) {
  const volumes = inputs.volumes ?? []
  const mounted = volumes.map(({ containerPath = '' }) => containerPath)
  const dataVolume = volumes.find(({ readOnly, containerPath = '' }) => {
    return readOnly === false && !containerPath.startsWith(secretFolder)
  })
  const secrets = mounted.filter((path) => path.startsWith(secretFolder))
  return {
    name,
    ports: (inputs.ports ?? []).map(({ ip, external }) => `${ip ?? ''}:${external ?? ''}`),
    dataFolder: dataVolume?.containerPath,
    secrets: secrets.map((path) => path.slice(secretFolder.length)).sort(),
    isOnce: inputs.restart === 'no',
  }
}

for (const [title, platform] of Object.entries(platforms)) {
  describe(`containers in the diagram (${title})`, () => {
    it('equal the containers that Pulumi creates, with ports, volumes and secrets', async () => {
      const { config, containers } = await platform()
      const shown = diagramContainers(config)
        .filter(({ role }) => role !== 'fleet')
        .map(({ name, ports, dataFolder, secrets, isOnce }) => ({
          name,
          ports: ports.map(({ ip, external }) => `${ip}:${external}`),
          dataFolder,
          secrets: [...secrets].sort(),
          isOnce,
        }))
      expect(shown).to.have.deep.members(containers.map(toDiagramContainer))
    })
  })
}
