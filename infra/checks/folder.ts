import { readdirSync } from 'node:fs'

/** What is wrong with a folder of pipelines; undefined if it can be used. */
export function folderFault(folder: string): string | undefined {
  const expected = 'expected a folder with a folder "pipelines" in it'
  try {
    const isThere = readdirSync(folder).includes('pipelines')
    return isThere ? undefined : `${folder} has no folder "pipelines"; ${expected}.`
  } catch (error) {
    return `${folder} cannot be read (${(error as Error).message}); ${expected}.`
  }
}
