import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawnPictures } from './drawing/pictures.ts'
import { root } from './local-access.ts'

// `npm run draw`: the README's pictures of the containers, made from the topology.
for (const [name, svg] of Object.entries(drawnPictures())) {
  writeFileSync(join(root, 'img', name), svg)
}
