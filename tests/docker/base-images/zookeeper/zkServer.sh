#!/usr/bin/env bash
# Usage: zkServer.sh start-foreground|status [CONFIGURATION]
# Starts ZooKeeper as its distribution's script of this name does; a name without a folder is
# looked up in ZOOCFGDIR.
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
: "${ZOOCFGDIR:=$home/conf}" "${ZOO_LOG_DIR:=$home/logs}"
config=${2:-${ZOOCFG:-zoo.cfg}}
case $config in
  */*) ;;
  *) config=$ZOOCFGDIR/$config ;;
esac
[ ! -e "$ZOOCFGDIR/java.env" ] || . "$ZOOCFGDIR/java.env"
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
# The configuration's folder is on the class path: logback.xml is found there, or nowhere.
classpath=$ZOOCFGDIR:$home/lib/*

start() {
  local jmx='-Dcom.sun.management.jmxremote -Dcom.sun.management.jmxremote.local.only=false'
  [ "${JMXDISABLE:-false}" = false ] || jmx=
  [ -w "$ZOO_LOG_DIR" ] || mkdir -p "$ZOO_LOG_DIR"
  echo "Using config: $config" >&2
  # Options are split into words on purpose; of two heap sizes Java takes the last.
  exec "$java" "-Dzookeeper.log.dir=$ZOO_LOG_DIR" \
    "-Dzookeeper.log.file=zookeeper-${USER:-}-server-$HOSTNAME.log" \
    -XX:+HeapDumpOnOutOfMemoryError "-XX:OnOutOfMemoryError=kill -9 %p" \
    -cp "$classpath" "-Xmx${ZK_SERVER_HEAP:-1000}m" ${SERVER_JVMFLAGS:-} ${JVMFLAGS:-} $jmx \
    org.apache.zookeeper.server.quorum.QuorumPeerMain "$config"
}

# Of a setting that is there twice, Java takes the last.
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
  *) echo 'This stand-in knows: zkServer.sh start-foreground|status [CONFIGURATION]' >&2; exit 1 ;;
esac
