// JavaScript, because the set-up uses it before packages are installed. The types are in
// make-path.d.mts.
import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

export function makePath(path, mode = 0o777) {
  const missing = []
  for (let at = resolve(path); !isFolder(at); at = dirname(at)) missing.unshift(at)
  const created = []
  try {
    for (const folder of missing) if (makeOne(folder, mode)) created.push(folder)
    return created
  } catch (error) {
    for (const folder of created.reverse()) rmdirSync(folder)
    throw error
  }
}

/** Returns false if another process has created it meanwhile. */
function makeOne(folder, mode) {
  try {
    mkdirSync(folder, mode)
    return true
  } catch (error) {
    if (error.code === 'EEXIST' && isFolder(folder)) return false
    throw error
  }
}

function isFolder(path) {
  try {
    return statSync(path).isDirectory()
  } catch (error) {
    // Below a file the error is ENOTDIR.
    if (['ENOENT', 'ENOTDIR'].includes(error.code)) return false
    throw error
  }
}
