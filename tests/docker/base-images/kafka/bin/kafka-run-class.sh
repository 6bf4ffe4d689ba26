#!/bin/bash
# Usage: kafka-run-class.sh [-name NAME] [-loggc] CLASS [ARGUMENT]...
# Runs a class of Kafka. It reads the same variables as Kafka's own kafka-run-class.sh. As there, Java
# does not start with -loggc if LOG_DIR is not writable.
home=$(dirname "$0")/..
: "${LOG_DIR:=$home/logs}"
if [ -n "$KAFKA_LOG4J_OPTS" ]; then
  [ -d "$LOG_DIR" ] || mkdir -p "$LOG_DIR"
fi
: "${KAFKA_LOG4J_OPTS:=-Dlog4j.configuration=file:$home/config/tools-log4j.properties}"
: "${KAFKA_HEAP_OPTS:=-Xmx256M}"
: "${KAFKA_JVM_PERFORMANCE_OPTS:=-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 \
-XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -XX:MaxInlineLevel=15 \
-Djava.awt.headless=true}"
: "${KAFKA_JMX_OPTS:=-Dcom.sun.management.jmxremote \
-Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false}"
[ -z "$JMX_PORT" ] || KAFKA_JMX_OPTS+=" -Dcom.sun.management.jmxremote.port=$JMX_PORT"

while :; do
  case $1 in
    -name) name=$2; shift 2 ;;
    -loggc)
      : "${KAFKA_GC_LOG_OPTS:=-Xlog:gc*:file=$LOG_DIR/$name-gc.log:time,tags:filecount=10,filesize=100M}"
      shift ;;
    *) break ;;
  esac
done

# The unquoted variables are split into words on purpose.
exec "${JAVA_HOME:+$JAVA_HOME/bin/}java" $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS \
  $KAFKA_GC_LOG_OPTS $KAFKA_JMX_OPTS "-Dkafka.logs.dir=$LOG_DIR" $KAFKA_LOG4J_OPTS \
  -cp "${CLASSPATH:+$CLASSPATH:}$home/libs/*" $KAFKA_OPTS "$@"
