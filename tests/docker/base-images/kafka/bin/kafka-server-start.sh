#!/bin/bash
# Usage: kafka-server-start.sh FILE [--override KEY=VALUE]...
# Starts a broker with the defaults of Kafka's own kafka-server-start.sh.
if [ $# -lt 1 ]; then
  echo "USAGE: $0 server.properties [--override property=value]*"
  exit 1
fi
bin=$(dirname "$0")
export KAFKA_LOG4J_OPTS=${KAFKA_LOG4J_OPTS:--Dlog4j.configuration=file:$bin/../config/log4j.properties}
export KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx1G -Xms1G}
# If EXTRA_ARGS is set but empty, there is no name and no garbage collection log.
exec "$bin/kafka-run-class.sh" ${EXTRA_ARGS--name kafkaServer -loggc} kafka.Kafka "$@"
