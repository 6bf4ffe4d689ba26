import { toConfig } from '../../infra/config/config.ts'
import { containersDiagram, diagramPart } from './containers-diagram.ts'
import { writeGeneratedPart } from './generated-part.ts'

// `npm run draw`: writes the README's diagram of the containers, made from the topology.
writeGeneratedPart(diagramPart, containersDiagram(toConfig({})))
