#!/bin/bash
# Writes zoo.cfg and myid if they are missing, then runs its arguments. If started as root, it continues
# as the user zookeeper.
set -e

if [ "$1" = zkServer.sh ] && [ "$(id -u)" = 0 ]; then
  chown -R zookeeper "$ZOO_DATA_DIR" "$ZOO_DATA_LOG_DIR" "$ZOO_LOG_DIR"
  exec setpriv --reuid=zookeeper --regid=zookeeper --init-groups "$0" "$@"
fi

for file in /docker-entrypoint.d/*; do
  case $file in
    *.envsh) if [ -x "$file" ]; then . "$file"; fi ;;
    *.sh) if [ -x "$file" ]; then "$file"; fi ;;
  esac
done

# The unquoted lists are split into words on purpose: each word becomes a line.
write_config() {
  printf '%s\n' \
    "dataDir=$ZOO_DATA_DIR" \
    "dataLogDir=$ZOO_DATA_LOG_DIR" \
    "tickTime=$ZOO_TICK_TIME" \
    "initLimit=$ZOO_INIT_LIMIT" \
    "syncLimit=$ZOO_SYNC_LIMIT" \
    "autopurge.snapRetainCount=$ZOO_AUTOPURGE_SNAPRETAINCOUNT" \
    "autopurge.purgeInterval=$ZOO_AUTOPURGE_PURGEINTERVAL" \
    "maxClientCnxns=$ZOO_MAX_CLIENT_CNXNS" \
    "standaloneEnabled=$ZOO_STANDALONE_ENABLED" \
    "admin.enableServer=$ZOO_ADMINSERVER_ENABLED" \
    ${ZOO_SERVERS:-'server.1=localhost:2888:3888;2181'} \
    ${ZOO_4LW_COMMANDS_WHITELIST:+"4lw.commands.whitelist=$ZOO_4LW_COMMANDS_WHITELIST"} \
    $ZOO_CFG_EXTRA
}

[ -f "$ZOO_CONF_DIR/zoo.cfg" ] || write_config > "$ZOO_CONF_DIR/zoo.cfg"
[ -f "$ZOO_DATA_DIR/myid" ] || echo "${ZOO_MY_ID:-1}" > "$ZOO_DATA_DIR/myid"

exec "$@"
