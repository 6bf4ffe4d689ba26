import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configFiles, configTable } from '../infra/config-files.ts'
import { root } from './local-access.ts'

// `npm run schema`: writes what is made from the schema of the configuration.
for (const [name, text] of Object.entries(configFiles())) writeFileSync(join(root, name), text)

const readme = join(root, 'README.md')
const [begin, end] = [
  '<!-- configuration: made by npm run schema -->',
  '<!-- end of configuration -->',
]
const text = readFileSync(readme, 'utf8')
const before = text.slice(0, text.indexOf(begin) + begin.length)
const after = text.slice(text.indexOf(end))
writeFileSync(readme, `${before}\n${configTable()}\n${after}`)
