/** Commands of README and docs that no test of the documents runs. */

const docker = 'needs a Docker engine: tests/docker'
const untilCtrlC = 'runs until Ctrl-C: tests/e2e/start-and-stop.test.ts'
const long = 'takes over a minute'
const internet = 'needs the internet'
const example = 'needs a pipeline: tests/e2e/classifieds.test.ts'
const steps = 'needs a pipeline: tests/e2e/classifieds-steps.test.ts'
const job = 'needs the example: tests/e2e/q-etl.test.ts'
const results = 'needs the example: tests/e2e/castiron.test.ts'
const texts = 'needs the example: tests/e2e/text-messages.test.ts'
const task = 'needs a pipeline of tasks: tests/integration/tasks/task-commands.test.ts'
const output = 'needs a pipeline with to.objects: tests/integration/tasks/task-outputs.test.ts'
const castiron = 'needs the example: tests/e2e/castiron.test.ts'
const device = 'tests/integration/operation/devices-command.test.ts'
const dropped = 'needs a pipeline of files: tests/integration/files/drop-command.test.ts'
const letters = 'needs a pipeline of files: tests/integration/files/line-letters.test.ts'
const invited = 'needs another machine: tests/integration/tasks/invited-worker.test.ts'
const kafkaTools = 'needs the tools of Kafka: tests/integration/operation/kafka-credentials.test.ts'
const external =
  'needs an existing Kafka and Postgres: tests/integration/external/check-kafka.test.ts'
const placeholder = 'is a pattern with a placeholder, not a command'

const cluster = 'needs a Kubernetes cluster and a registry'

/** The commands that the test does not run, with the reason. */
export const notRun: Readonly<Record<string, string>> = {
  'git clone <this repository> av-telemetry && cd av-telemetry': internet,
  'git pull': internet,
  'git stash': 'reverts files of the clone',
  'git stash pop': 'changes files of the clone',
  'curl -H "authorization: Bearer $(cat FILE)" …': placeholder,
  'brew install postgresql@18': 'installs programs on macOS',
  'git checkout img': 'reverts files of the clone',
  'npm start': untilCtrlC,
  'npm start -- --fresh': untilCtrlC,
  'npm start -- --config second.json':
    'runs until Ctrl-C; the file is tested in tests/unit/documents/second-platform.test.ts',
  'npm start -- --set kafka.partitions=12': untilCtrlC,
  'npm start -- --fresh --set fleet.numVehicles=0': untilCtrlC,
  'npm start -- --set dashboard.pmtilesFile=berlin.pmtiles': untilCtrlC,
  "npm start -- --set dashboard.pmtilesFile=berlin.pmtiles dashboard.tilesAttribution='© OpenStreetMap contributors'":
    untilCtrlC,
  'npm start -- --set "dashboard.tilesUrl=https://tiles.example.com/{z}/{x}/{y}.png" dashboard.tilesAttribution=\'© OpenStreetMap contributors\'':
    untilCtrlC,
  'npm run fleet': 'runs until Ctrl-C: tests/integration/fleet',
  'npm run fleet -- --num-vehicles 5': 'runs until Ctrl-C: tests/integration/fleet',
  'npm run fleet -- --num-vehicles 50':
    'runs until Ctrl-C; the options are tested in tests/contract/missing-separator.test.ts',
  'npm run fleet -- --num-vehicles 50 --host HOST:5001 --token-file FILE': placeholder,
  'npm run fleet -- --trace drive.csv': 'runs until Ctrl-C: tests/e2e/recorded-drive.test.ts',
  'npm run fleet -- --num-vehicles 1000 --vehicles-per-container 250': docker,
  'npm run fleet -- --host https://fleet.example.com:5001 --token-file FILE': placeholder,
  'npm run fleet -- --in docker --host HOST:PORT --token-file FILE': placeholder,
  'npm run fleet -- --down': docker,
  'npm run sql -- "…"': placeholder,
  'npm run --silent dead-letters -- …': placeholder,
  'npm run drop': 'is the name of the command, which needs files',
  'npm run dead-letters': 'is the name of the command; this test runs its subcommands',
  'npm run dead-letters -- redrive': 'is the name of the command, which needs a selection',
  'npm run dead-letters -- skip': 'is the name of the command, which needs a partition',
  'npm run dead-letters -- skip 3 120..139':
    'needs a damaged file of Kafka: tests/integration/brokers/damaged-segment.test.ts',
  'npm run dead-letters -- skip PARTITION FIRST..LAST': placeholder,
  'npm run fleet -- --trace': 'is the name of an option, which needs a file',
  'npm start -- --set worker.folder=my-pipelines': untilCtrlC,
  'npm start -- --set files.enabled=true --set worker.folder=my-pipelines': untilCtrlC,
  'npm start -- --set files.enabled=true --set objects.endpoint=https://s3.eu-central-1.amazonaws.com   --set objects.region=eu-central-1 --set objects.bucket=my-files   --set objects.accessKeyFile=keys/access --set objects.secretKeyFile=keys/secret':
    untilCtrlC,
  'npm start -- --set files.enabled=true': untilCtrlC,
  'npm start -- --set ingress.tls.selfSigned=true': 'runs until Ctrl-C: tests/e2e/tls.test.ts',
  'npm start -- --set files.enabled=true --set clickhouse.url=http://127.0.0.1:8123':
    'needs a ClickHouse server: tests/integration/files/file-status.test.ts',
  'npm run drop -- docs/examples/castiron/example_config.toml docs/examples/castiron/example_python_config.toml':
    castiron,
  'npm run drop -- docs/examples/castiron/data_test.tsv --to castiron --wait': castiron,
  'npm run drop -- docs/examples/castiron/test.csv --wait': castiron,
  'npm run sql -- "select count(*) from castiron"': castiron,
  'npm start -- --set worker.folder=my-jobs': untilCtrlC,
  'npm run examples -- q-etl': job,
  'npm start -- --set worker.folder=my-texts': untilCtrlC,
  'npm start -- --set worker.folder=my-texts --set worker.instances=3': texts,
  'npm run examples -- text-payload': texts,
  'npm run tasks -- show 1': texts,
  'npm run worker': untilCtrlC,
  'npm run worker -- --pipelines text-payload': untilCtrlC,
  'npm run worker -- invite': invited,
  'npm run worker -- --invitation worker-invitation.json --folder my-jobs': invited,
  'npm start -- --set worker.hostAddress=192.0.2.2': untilCtrlC,
  "npm run job -- ingest_covid_data --params '{}' --wait": job,
  'npm run sql -- "select * from covid_cases"': job,
  'npm start -- --set worker.folder=my-jobs --set files.enabled=true': untilCtrlC,
  'npm run job -- ingest_covid_data --pipeline report --params \'{ "country": "Estonia" }\' --wait':
    results,
  'npm run tasks -- output 7': results,
  'npm run tasks -- output 7 --as-csv': results,
  'npm run tasks -- output TASK --as-csv': placeholder,
  'curl http://localhost:5002/worker/1': job,
  'npx tsc': 'is the name of a program, which needs a folder',
  'npx tsc -p .': 'needs a folder with handlers: tests/integration/tasks',
  'npm run examples -- classifieds': example,
  'npm run sql -- "select id, created_at, ad_type, price, currency from Classifieds order by id"':
    example,
  'npm run sql -- "select * from classifieds"': example,
  'npm run sql -- "select * from Margin_info"': example,
  'npm run sql -- "select margin_func(0, 1)"': example,
  'npm run sql -- "select margin_func(10, 1)"': example,
  "npm run sql -- \"call margin_by_ad_type('2020-04-08 18:00Z', '2020-04-08 19:00Z')\"": example,
  "npm run sql -- \"update setting set value = '120 s' where pipeline = 'margin' and key = 'schedule.every'\"":
    example,
  'npm run sql -- --file FILE': placeholder,
  'npm run sql -- --file my-pipelines/sql/initial_script.sql': example,
  'npm run sql -- --file my-pipelines/sql/regular_script.sql': example,
  'npm run tasks -- list --pipeline margin': example,
  'npm run tasks -- retry --pipeline margin --state failed': example,
  'npm run job -- fleet_daily_summary --params \'{"day":"2026-01-30"}\' --wait': task,
  'curl -s localhost:5002/api/tasks -H \'content-type: application/json\' -d \'{"method":"fleet_daily_summary","params":{"day":"2026-01-30"},"id":"summary-2026-01-30"}\'':
    task,
  "npm run job -- NAME --params '{}' --wait": placeholder,
  'npm run job -- NAME --params JSON': placeholder,
  'npm run drop -- orders.csv --wait': dropped,
  'npm run sql -- "select key, ended_as, lines, rejected, detail from file where pipeline = \'orders\' order by id desc limit 20"':
    dropped,
  'npm run tasks -- output 17': output,
  'npm run tasks -- output 17 --as-csv': output,
  'npm run tasks -- output ID [--as-csv]': placeholder,
  'npm run devices':
    'is the name of the command; tests/integration/operation/devices-command.test.ts runs its subcommands',
  'npm run devices -- add --name "Van 12"': device,
  'npm run devices -- add': 'is the name of a subcommand',
  'npm run devices -- admit ID': 'tests/integration/main/unknown-vehicles.test.ts',
  'npm run devices -- add --vin TEST-1': device,
  'npm run devices -- add --vin TEST-2': device,
  'npm run devices -- list': device,
  'npm run tasks -- show ID': placeholder,
  'npm run tasks -- cancel ID': placeholder,
  'npm run tasks -- retry ID': placeholder,
  'npm run tasks -- retry --pipeline NAME --state failed': placeholder,
  'npm run pipeline -- reset': 'is the name of the command, which needs a pipeline',
  'npm run dead-letters -- list --pipeline NAME': placeholder,
  'npm run dead-letters -- redrive --open --pipeline NAME': placeholder,
  'npm run dead-letters -- list --pipeline orders': letters,
  'npm run dead-letters -- redrive --open --pipeline orders': letters,
  'node inspect': placeholder,
  'node inspect HOST:PORT': placeholder,
  'npm run worker -- --inspect': untilCtrlC,
  'npm run worker -- --pipelines NAME': placeholder,
  'npm run worker -- --pipelines classifieds': steps,
  'npm run pipeline -- describe classifieds': steps,
  'npm run sql -- "select * from Classifieds"': steps,
  "npm run config -- set classifieds.batch.within '2 s'": steps,
  "npm run config -- set margin.schedule.every '60 s'":
    'needs a pipeline with a schedule; the tests of settings run it',
  'npm run pipeline -- check [FILE...]': placeholder,
  'npm run pipeline -- describe NAME': placeholder,
  'npm run pipeline -- pause NAME [--reason TEXT]': placeholder,
  'npm run pipeline -- resume NAME': placeholder,
  'npm run pipeline -- resume NAME --from earliest': placeholder,
  'npm run pipeline -- resume NAME --from earliest|latest': placeholder,
  'npm run pipeline -- reset NAME --yes': placeholder,
  'npm run pipeline -- accept NAME --yes': placeholder,
  'kafka-acls.sh --bootstrap-server HOST:PORT --command-config admin.properties --add --allow-principal User:NAME --operation Create --operation Read --operation Write --operation DescribeConfigs --topic test_topic --resource-pattern-type prefixed':
    external,
  'kafka-acls.sh --bootstrap-server HOST:PORT --command-config admin.properties --add --allow-principal User:NAME --operation Read --group av-telemetry- --resource-pattern-type prefixed':
    external,
  'npm run check-servers': external,
  'npm start -- --set ingress.hostPort=5999 --set fleet.numVehicles=0':
    'is a step of a move: tests/e2e/external-kafka.test.ts',
  'npm run check-servers -- --config config.json': external,
  'npm run size': 'is the name of the command, which needs --vehicles',
  'node --import tsx tests/support/managed-servers/start-managed.ts FOLDER --plain': placeholder,
  'npm run check-servers -- -c FOLDER/managed.json --verify': placeholder,
  'npm run verify -- -c FOLDER/managed.json --quick --seed 4': placeholder,
  'npm run bench -- sink ingest-single --quick --runs 3 -c FOLDER/plain.json': placeholder,
  'npm test': long,
  'npm run test:fast': long,
  'npm run test:docker': long,
  'npm run test:kubernetes': long,
  'npm run verify': `${long}: tests/e2e/verify.test.ts`,
  'npm run verify -- --quick': `${long}: tests/e2e/verify.test.ts`,
  'npm run verify -- --quick --rate 300 --seed 1 --faults consumer-kill,postgres-kill,postgres-cut,network-cut,twice':
    external,
  'npm run verify -- --workload devices': long,
  'npm run verify -- --workload devices --quick --seed 1': long,
  'npm run verify -- --workload classifieds': `${long}: tests/e2e/verify.test.ts`,
  'npm run verify -- --workload classifieds --seed 1 --rate 1000': long,
  'npm run verify -- --workload tasks --seed 1 --duration 60 --faults worker-kill,broker-stop,postgres-kill,network-cut':
    long,
  'npm run verify -- --workload tasks': long,
  'npm run verify -- --workload files': long,
  'npm run verify -- --workload files-s3 --seed 1 --rate 5 --faults bucket-away,postgres-stop,broker-stop':
    long,
  'npm run verify -- --workload files --seed 1 --rate 5 --faults worker-kill,producer-kill,postgres-stop,broker-stop,producer-stop,bucket-away,large-files-kill':
    long,
  'npm run verify -- --workload tasks --seed 4 --rate 50 --duration 170 --faults worker-kill': long,
  'npm run verify -- --workload classifieds --seed 3 --quick --rate 300 --faults worker-kill,broker-kill,zookeeper-stop,postgres-kill,postgres-stop,worker-pause,broker-pause,rebalance,terminate,postgres-cut,network-cut,network-slow,full-disk,mixed':
    long,
  'npm run verify -- --workload tasks --seed 2 --quick --rate 50 --faults worker-kill,worker-pause,broker-kill,zookeeper-stop,postgres-kill,postgres-stop,broker-pause,broker-stop,rebalance,terminate,postgres-cut,network-cut,network-slow,full-disk,mixed':
    long,
  'npm run verify -- --seed 1': `${long}: tests/e2e/verify.test.ts`,
  'npm run verify -- --faults broker-kill,mixed --rate 500 --duration 60 --seed 7': `${long}: tests/e2e/verify.test.ts`,
  'npm run fuzz': `${long}: tests/integration/operation/fuzz.test.ts`,
  'npm run fuzz -- --plain': `${long}: tests/unit/producer/plain-requests-fuzz.test.ts`,
  'node --import tsx tests/support/plain/measure-plain.ts': long,
  'npm run fuzz -- --schema': `${long}: tests/integration/operation/openapi.test.ts`,
  'npm run bench': long,
  'npm run bench -- --quick': long,
  'npm run bench -- sink ingest-single --records 500000': long,
  'npm run bench -- sink --quick --records 500000': long,
  'npm run bench -- declared-upsert --pairs 7 --keys 10000000': long,
  'npm run bench -- files': long,
  'npm run bench -- sink --against ../other --pairs 7': long,
  'npm run bench -- vehicle-hour': long,
  'npm run bench -- peers': long,
  'npm run bench -- cost': long,
  'npm run bench -- cost --runs 1': long,
  'npm run bench -- ingest-single --runs 1': long,
  'npm run bench -- cost --runs 3': long,
  'npm run bench -- cost latency --runs 3': long,
  'npm run bench -- latency --runs 7': long,
  'npm run bench -- ingest-single cost --runs 3': long,
  'npm run bench -- latency --quick': long,
  'npm run bench -- dashboard-track': long,
  'npm run bench -- dashboard-map dashboard-stream': long,
  'npx patch-package kafkajs --patch-dir services/adapters/kafka/patches':
    'changes the patch of the clone: tests/contract/kafkajs-patch.test.ts',
  'npm ci': docker,
  'scripts/launch-infra.sh --target kubernetes --set images.registry=registry.example/fleet':
    cluster,
  'scripts/teardown-infra.sh --target kubernetes': cluster,
  'npm run status -- --target kubernetes': cluster,
  'npm run sql -- --target kubernetes "select count(*) from diag"': cluster,
  'npm run fleet -- --target kubernetes --num-vehicles 50': cluster,
  'npm run fleet -- --target kubernetes --num-vehicles 1000 --vehicles-per-container 250': cluster,
  'npm run fleet -- --target kubernetes --trace FILE': cluster,
  'npm run fleet -- --target kubernetes --down': cluster,
  'npm run verify -- --target kubernetes --faults consumer-kill,broker-kill,producer-kill,postgres-kill --rate 500':
    cluster,
  'pg_dump -h 127.0.0.1 -p 54321 -U av_telemetry -Fc -f moved.dump av_telemetry': external,
  "pg_restore -l moved.dump | grep -v 'EVENT TRIGGER' > moved.list": external,
  'psql "host=db.example.com dbname=av_telemetry user=av_telemetry" -c \'GRANT CREATE ON SCHEMA public TO telemetry_step\'':
    external,
  'pg_restore -h db.example.com -U av_telemetry -d av_telemetry -L moved.list moved.dump': external,
  'psql "host=db.example.com dbname=av_telemetry user=av_telemetry" -c \'REVOKE CREATE ON SCHEMA public FROM telemetry_step\'':
    external,
  'pulumi stack init fleet': cluster,
  'pulumi config set target kubernetes': cluster,
  "pulumi config set --path 'set[0]' images.registry=registry.example/fleet": cluster,
  'npm ci && pulumi up': docker,
  'pulumi up': docker,
  'pulumi destroy': docker,
  'scripts/launch-infra.sh': docker,
  'scripts/launch-infra.sh --set files.enabled=true': docker,
  'scripts/teardown-infra.sh': docker,
  'scripts/teardown-infra.sh --images': docker,
  'scripts/teardown-fleet.sh': docker,
  'npm run kafka -- credentials': kafkaTools,
  'npm run kafka -- credentials --properties client.properties': kafkaTools,
  'npm run kafka -- credentials --kcat kcat.conf': kafkaTools,
  'kafka-topics.sh --bootstrap-server 127.0.0.1:9092 --command-config client.properties --list':
    kafkaTools,
  'kafka-console-consumer.sh --bootstrap-server 127.0.0.1:9092 --consumer.config client.properties --topic test_topic --from-beginning --max-messages 10':
    kafkaTools,
  'kafka-dump-log.sh --files FILE': placeholder,
  'kcat -F kcat.conf -C -t test_topic -c 10':
    'kcat is no part of the platform: tests/integration/operation/kafka-credentials.test.ts checks its file',
  'docker exec … psql': placeholder,
  'docker exec av_telemetry-postgres-0 pg_dump -U av_telemetry -Fc av_telemetry > backup.dump':
    docker,
  'docker exec av_telemetry-postgres-0 createdb -U av_telemetry restored': docker,
  'docker exec -i av_telemetry-postgres-0 pg_restore -U av_telemetry -d restored < backup.dump':
    docker,
  'npm start -- --set fleet.numVehicles=0': untilCtrlC,
  'docker rm --force av_telemetry-objects-0; docker volume rm av_telemetry-objects-0': docker,
  'docker container prune': docker,
  'docker inspect': docker,
  'docker logs': docker,
  'docker logs av_telemetry-provision-0': docker,
  'docker logs av_telemetry-worker-0': docker,
  "docker network inspect av_telemetry --format '{{(index .IPAM.Config 0).Gateway}}'": docker,
  'docker update': docker,
  'docker update --pids-limit': docker,
  'prometheus --config.file=infra/monitoring/prometheus.yml':
    'runs until Ctrl-C: tests/e2e/monitoring.test.ts',
  'pmtiles extract https://build.protomaps.com/YYYYMMDD.pmtiles berlin.pmtiles --bbox=13.0,52.3,13.8,52.7 --maxzoom=15':
    internet,
}
