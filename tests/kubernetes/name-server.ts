import { dnsAddress } from '../../scripts/test/kubernetes/addresses.ts'

export const nameServerImage = 'docker.io/av-telemetry-test/coredns:1'

const name = 'coredns'
const metadata = { name, namespace: 'kube-system' }
const pods = { 'k8s-app': 'kube-dns' }

/** Answers are kept for a short time, because tests replace pods. */
const settings = `.:53 {
  health
  ready
  errors
  cache 5
  kubernetes cluster.local in-addr.arpa {
    ttl 5
  }
}
`

/** The objects of CoreDNS, the name server of the cluster. */
export const nameServer = (): object[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [
      {
        apiGroups: [''],
        resources: ['endpoints', 'services', 'pods', 'namespaces'],
        verbs: ['list', 'watch'],
      },
      {
        apiGroups: ['discovery.k8s.io'],
        resources: ['endpointslices'],
        verbs: ['list', 'watch'],
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: settings } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      selector: { matchLabels: pods },
      template: {
        metadata: { labels: pods },
        spec: {
          serviceAccountName: name,
          dnsPolicy: 'Default',
          containers: [
            {
              name,
              image: nameServerImage,
              args: ['-conf', '/etc/coredns/Corefile'],
              readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
              volumeMounts: [{ name: 'settings', mountPath: '/etc/coredns' }],
            },
          ],
          volumes: [{ name: 'settings', configMap: { name } }],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadata, name: 'kube-dns' },
    spec: {
      clusterIP: dnsAddress,
      selector: pods,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  },
]
