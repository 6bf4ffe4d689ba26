import { readFileSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import * as core from '@pulumi/kubernetes/core/v1/index.js'
import type { core as inputs } from '@pulumi/kubernetes/types/input.js'
import * as pulumi from '@pulumi/pulumi'
import { mountedFiles, mountOf } from '../../containers/placement.ts'
import type { Role } from '../../topology/role-registry.ts'
import { roles } from '../../topology/role-registry.ts'
import { certificateFolders } from '../../topology/roles/ingress.ts'
import { readFolder } from '../folder-content.ts'
import type { FileContent } from '../folder-content.ts'
import type { ClusterContext } from './context.ts'
import { metadataOf } from './context.ts'

/** A folder of a pod whose files the cluster keeps in an object. */
export type FolderOfFiles = {
  /** The name of the volume in the pod. */
  readonly name: string
  /** The path in the container. */
  readonly folder: string
  readonly source: Pick<inputs.v1.Volume, 'configMap' | 'secret'>
}

export type UserFilesArgs = {
  readonly context: ClusterContext
  /** The clone. Paths of user files are relative to it. */
  readonly root: string
}

/** The user's files and folders as objects of the cluster. `up` copies changed files again. */
export class UserFiles extends pulumi.ComponentResource {
  readonly #args: UserFilesArgs

  constructor(name: string, args: UserFilesArgs, options: pulumi.ComponentResourceOptions = {}) {
    super('av-telemetry:kubernetes:UserFiles', name, {}, options)
    this.#args = args
    this.registerOutputs()
  }

  /** The folders that the pods of a role mount. */
  of(role: Role): FolderOfFiles[] {
    const { context, root } = this.#args
    if (role === 'ingress') return this.#certificate()
    return mountedFiles(roles[role], context.config, root).map(({ hostPath, containerPath }) =>
      this.#folder(basename(containerPath), hostPath, containerPath),
    )
  }

  /** Certificate and key of the ingress, as a Secret. The ingress reads a changed Secret without a restart. */
  #certificate(): FolderOfFiles[] {
    const { context, root } = this.#args
    const { certFile, keyFile } = context.config.ingress.tls
    if (certFile === '') return []
    const content = (path: string) => pulumi.secret(readFileSync(resolve(root, path), 'utf8'))
    const { metadata } = new core.Secret(
      'ingress-tls',
      {
        metadata: metadataOf('ingress-tls', context),
        type: 'kubernetes.io/tls',
        stringData: { 'tls.crt': content(certFile), 'tls.key': content(keyFile) },
      },
      { parent: this },
    )
    const keys = ['tls.crt', 'tls.key']
    const names = [certFile, keyFile].map((file) => basename(file))
    return certificateFolders(context.config).map((file, index) => {
      const items = [{ key: keys[index] ?? '', path: names[index] ?? '' }]
      const secret = { secretName: metadata.name, defaultMode: 0o440, items }
      return { name: file.name, folder: mountOf(file, root).containerPath, source: { secret } }
    })
  }

  /** A folder as a ConfigMap. */
  #folder(name: string, hostPath: string, folder: string): FolderOfFiles {
    const { context } = this.#args
    const files = readFolder(hostPath)
    const content = (isText: boolean) => contentOf(files.filter((file) => file.isText === isText))
    const map = new core.ConfigMap(
      name,
      { metadata: metadataOf(name, context), data: content(true), binaryData: content(false) },
      { parent: this },
    )
    const items = files.map(({ key, path }) => ({ key, path }))
    return { name, folder, source: { configMap: { name: map.metadata.name, items } } }
  }
}

function contentOf(files: readonly FileContent[]): Record<string, string> {
  return Object.fromEntries(files.map(({ key, content }) => [key, content]))
}
