#!/usr/bin/env bash
# Usage: zkServer.sh start-foreground|status [CONFIGURATION]
# Starts ZooKeeper like zkServer.sh of its distribution. A file name without a folder is read from
# ZOOCFGDIR.
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${ZOOCFGDIR:=$home/conf}" "${ZOO_LOG_DIR:=$home/logs}"
config=${2:-${ZOOCFG:-zoo.cfg}}
case $config in
  */*) ;;
  *) config=$ZOOCFGDIR/$config ;;
esac
[ ! -e "$ZOOCFGDIR/java.env" ] || . "$ZOOCFGDIR/java.env"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
# The configuration folder is on the class path, because logback reads logback.xml from the class path.
classpath=$ZOOCFGDIR:$home/lib/*

start() {
  local jmx='-Dcom.sun.management.jmxremote -Dcom.sun.management.jmxremote.local.only=false'
  [ "${JMXDISABLE:-false}" = false ] || jmx=
  [ -w "$ZOO_LOG_DIR" ] || mkdir -p "$ZOO_LOG_DIR"
  echo "Using config: $config" >&2
  # The unquoted options are split into words on purpose. If there are two heap sizes, Java uses the last.
  exec "$java" "-Dzookeeper.log.dir=$ZOO_LOG_DIR" \
    "-Dzookeeper.log.file=zookeeper-${USER:-}-server-$HOSTNAME.log" \
    -XX:+HeapDumpOnOutOfMemoryError "-XX:OnOutOfMemoryError=kill -9 %p" \
    -cp "$classpath" "-Xmx${ZK_SERVER_HEAP:-1000}m" ${SERVER_JVMFLAGS:-} ${JVMFLAGS:-} $jmx \
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$config"
}

# If a setting occurs twice, Java uses the last value.
setting() { sed -n "s/^ *$1 *= *//p" "$config" | tail -n 1; }

status() {
  local port mode
  port=$(setting clientPort)
  [ -n "$port" ] || port=$(setting "server\.$(< "$(setting dataDir)/myid")" | sed 's/.*[;:]//')
  mode=$("$java" -cp "$classpath" ${CLIENT_JVMFLAGS:-} ${JVMFLAGS:-} \
    org.apache.zookeeper.client.FourLetterWordMain localhost "$port" srvr false 2> /dev/null |
    grep Mode) && echo "$mode" && exit 0
  echo 'Error contacting service. It is probably not running.'
  exit 1
}

case ${1-} in
  start-foreground) start ;;
  status) status ;;
  *) echo 'Usage of this stand-in: zkServer.sh start-foreground|status [CONFIGURATION]' >&2; exit 1 ;;
esac
