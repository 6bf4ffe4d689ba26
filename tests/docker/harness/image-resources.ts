import { createHash } from 'node:crypto'
import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type * as docker from '@pulumi/docker'
import type { Unwrap } from '@pulumi/pulumi'
import { withFolder } from './with-folder.ts'
import { engine } from './engine-client.ts'
import { kindOf } from './resource-kind.ts'

type RemoteImageInputs = Unwrap<docker.RemoteImageArgs>
type ImageInputs = Unwrap<docker.ImageArgs>
type Build = NonNullable<ImageInputs['build']>

/** Images are kept on destroy, because the program requires it. */
const keepImage = () => Promise.resolve()

/** An image that the engine already has; the tests prepare it. */
export const remoteImage = kindOf<RemoteImageInputs>({
  known: ['name', 'keepLocally'],
  create: async ({ name }) => {
    const { Id: id } = await engine.getImage(name).inspect()
    return { id, imageId: id, repoDigest: id }
  },
  remove: keepImage,
})

/** An image that is built. It is unchanged if the contents of its files are unchanged. */
export const image = kindOf<ImageInputs>({
  known: ['imageName', 'skipPush', 'build', 'buildOnPreview'],
  fingerprint: ({ build }) => {
    const { context, dockerfile } = build ?? {}
    const hash = createHash('sha256').update(readFileSync(dockerfile ?? ''))
    return addFolder(hash, context ?? '').digest('hex')
  },
  create: async ({ imageName, build }) => {
    const id = await buildImage(imageName, build ?? {})
    return { id: imageName, baseImageName: imageName, repoDigest: id }
  },
  remove: keepImage,
})

function addFolder(hash: ReturnType<typeof createHash>, folder: string) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const paths = files.map((file) => join(file.parentPath, file.name)).sort()
  for (const path of paths) hash.update(path).update(readFileSync(path))
  return hash
}

type Progress = { readonly error?: string }

/** @returns the id of the image */
async function buildImage(
  name: string,
  { context = '', dockerfile = '', args = {}, platform }: Build,
): Promise<string> {
  await withFolder(async (folder) => {
    cpSync(context, folder, { recursive: true })
    cpSync(dockerfile, join(folder, 'Dockerfile'))
    const progress = await engine.buildImage(
      { context: folder, src: ['.'] },
      { t: name, buildargs: args, ...(platform !== undefined && { platform }) },
    )
    await new Promise<void>((resolve, reject) => {
      engine.modem.followProgress(progress, (error, steps: Progress[]) => {
        const reason = error?.message ?? steps.find((step) => step.error !== undefined)?.error
        if (reason === undefined) resolve()
        else reject(new Error(`${name} cannot be built: ${reason}`))
      })
    })
  })
  return (await engine.getImage(name).inspect()).Id
}
