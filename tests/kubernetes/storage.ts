import { nodeName } from '../../scripts/test/kubernetes/addresses.ts'

const storageClassName = 'folders'

/**
 * The default StorageClass of the cluster, and its volumes: folders of the node. Nothing makes more of them.
 *
 * @param paths a folder for each volume
 */
export const storage = (paths: readonly string[]): object[] => [
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: storageClassName,
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  ...paths.map(volume),
]

const volume = (path: string, index: number): object => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: `folder-${index}` },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    storageClassName,
    persistentVolumeReclaimPolicy: 'Retain',
    local: { path },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] },
            ],
          },
        ],
      },
    },
  },
})
