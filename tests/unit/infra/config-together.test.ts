import { expect } from 'chai'
import { faultsOf } from './faults-of.ts'

describe('host ports in the configuration', () => {
  it('a host port used by two services is refused', () => {
    expect(faultsOf({ kafka: { hostPort: 5001 } })).to.deep.equal([
      'ingress.hostPort: port 5001 of ingress-0 is also used by kafka-0 (kafka.hostPort); choose another port',
    ])
  })

  it('a host port that a later instance of another service uses is refused', () => {
    const faults = faultsOf({
      producer: { instances: 3, hostPort: 5299 },
      consumer: { opsHostPort: 5500 },
    })
    expect(faults).to.deep.equal([
      'producer.opsHostPort: port 5301 of producer-0 is also used by producer-2 (producer.hostPort); choose another port',
    ])
  })

  it('a port that ZooKeeper servers use between each other is refused', () => {
    const zookeeper = { instances: 3, hostPort: 2181 }
    expect(faultsOf({ zookeeper, ingress: { hostPort: 2282 } })).to.deep.equal([
      'ingress.hostPort: port 2282 of ingress-0 is also used by zookeeper-1 (zookeeper.hostPort); choose another port',
    ])
    expect(faultsOf({ ingress: { hostPort: 2282 } })).to.deep.equal([])
  })

  it('three services with one port: each error names the first service', () => {
    const faults = faultsOf({ kafka: { hostPort: 5001 }, producer: { hostPort: 5001 } })
    expect(faults).to.deep.equal([
      'ingress.hostPort: port 5001 of ingress-0 is also used by kafka-0 (kafka.hostPort); choose another port',
      'producer.hostPort: port 5001 of producer-0 is also used by kafka-0 (kafka.hostPort); choose another port',
    ])
  })

  it('an instance port above 65535 is refused', () => {
    const faults = faultsOf({ consumer: { instances: 2, opsHostPort: 65_535 } })
    expect(faults).to.deep.equal([
      'consumer.opsHostPort: is too high: consumer-1 would get port 65536; choose a lower port',
    ])
  })

  it('adjacent ports of different services are accepted', () => {
    const kafka = { instances: 3, hostPort: 4998 }
    expect(faultsOf({ kafka })).to.deep.equal([])
  })
})

describe('worker.hostAddress in the configuration', () => {
  const faults = (worker: object): string[] =>
    faultsOf({ worker: { hostAddress: '192.0.2.7', ...worker } })

  it('lets Postgres listen on one port at two addresses, and Kafka on two ports', () => {
    expect(faults({})).to.deep.equal([])
    expect(faults({ hostAddress: 'fd00::7' })).to.deep.equal([])
    expect(faults({ kafkaHostPort: 9092 })).to.deep.equal([
      'worker.kafkaHostPort: port 9092 of kafka-0 is also used by kafka-0 (kafka.hostPort); choose another port',
    ])
  })

  it('is refused if other machines cannot reach it, or if it is not an IP address', () => {
    for (const hostAddress of ['0.0.0.0', '::', '127.0.0.1', '::1']) {
      expect(faults({ hostAddress })).to.deep.equal([
        `worker.hostAddress: expected one address at which other machines reach this one, or an empty text (got "${hostAddress}")`,
      ])
    }
    expect(faults({ hostAddress: 'localhost' })).to.deep.equal([
      'worker.hostAddress: expected an IPv4 or IPv6 address of this machine, or an empty text (got "localhost")',
    ])
  })
})

describe('postgres.table in the configuration', () => {
  for (const table of ['incoming', 'dead_letter', 'pg_class']) {
    it(`the reserved table name ${table} is refused`, () => {
      expect(faultsOf({ postgres: { table } })).to.deep.equal([
        `postgres.table: ${table} is reserved, like account_check, counted_worker, dead_letter, device, device_registry, ended_file, ended_task, event_log, expired_task, file, file_count, first_of_key, gone, held_task, incoming, incoming_outcome, inserted, installation, latest_position, leased_output, moved_file, offset_span, origin_position, outbox, partition_ledger, pipeline, refreshed_table, refused_message, reindexed_day, reserved_place, reserved_target, retired_day, retired_task, retried_file, schedule, schema_migration, setting, setting_change, task, task_count, task_log, task_output, task_output_part, touched_window, unreadable_offsets, vehicle, window_rows, worker, written_message and names that begin with pg_; choose another name`,
      ])
    })
  }

  it('a table name that only contains a reserved name is accepted', () => {
    for (const table of ['incoming_readings', 'vehicles', 'diag_20260101', 'pg']) {
      expect(faultsOf({ postgres: { table } })).to.deep.equal([])
    }
  })
})

describe('instance and replica counts in the configuration', () => {
  it('more replicas than brokers are refused', () => {
    expect(faultsOf({ kafka: { instances: 2, replicationFactor: 3 } })).to.deep.equal([
      'kafka.replicationFactor: 3 replicas need 3 brokers, but kafka.instances is 2',
    ])
    expect(faultsOf({ kafka: { instances: 3, replicationFactor: 3 } })).to.deep.equal([])
  })

  it('minInsyncReplicas above replicationFactor is refused', () => {
    const kafka = { instances: 3, replicationFactor: 2, minInsyncReplicas: 3 }
    expect(faultsOf({ kafka })).to.deep.equal([
      'kafka.minInsyncReplicas: 3 is more than kafka.replicationFactor (2)',
    ])
    expect(faultsOf({ kafka: { ...kafka, minInsyncReplicas: 2 } })).to.deep.equal([])
  })

  it('an even number of ZooKeeper servers is refused', () => {
    for (const instances of [2, 4, 6]) {
      expect(faultsOf({ zookeeper: { instances } })).to.deep.equal([
        `zookeeper.instances: ${instances} is even, which survives no more failures than ${instances - 1}; expected an odd number`,
      ])
    }
    expect(faultsOf({ zookeeper: { instances: 5 } })).to.deep.equal([])
  })

  it('more than one Postgres or ingress is refused', () => {
    expect(faultsOf({ postgres: { instances: 2 }, ingress: { instances: 2 } })).to.deep.equal([
      'postgres.instances: Too big: expected number to be <=1 (got 2)',
      'ingress.instances: Too big: expected number to be <=1 (got 2)',
    ])
  })

  it('all count and port errors are reported together', () => {
    const tree = {
      kafka: { replicationFactor: 3, minInsyncReplicas: 4, hostPort: 2181 },
      zookeeper: { instances: 2 },
    }
    expect(faultsOf(tree).map((fault) => fault.split(':')[0])).to.deep.equal([
      'kafka.hostPort',
      'kafka.replicationFactor',
      'kafka.minInsyncReplicas',
      'zookeeper.instances',
    ])
  })
})

describe('ingress.path in the configuration', () => {
  for (const path of ['/docs', '/openapi.json', '/receipts', '/Docs', '/.', '/..']) {
    it(`the reserved path ${path} is refused`, () => {
      expect(faultsOf({ ingress: { path } })).to.deep.equal([
        `ingress.path: ${path} is reserved; choose another path`,
      ])
    })
  }

  for (const path of ['/', 'events', '/a/b', '/a b', '//', '/événements']) {
    it(`the invalid path ${path} is refused`, () => {
      expect(faultsOf({ ingress: { path } })).to.deep.equal([
        `ingress.path: expected '/' and one path segment (got "${path}")`,
      ])
    })
  }
})
