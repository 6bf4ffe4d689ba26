#!/bin/sh
# Runs its arguments. haproxy runs as master and workers (-W) in the foreground (-db).
set -e

case ${1-} in
  -*) set -- haproxy "$@" ;;
esac
if [ "${1-}" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi
exec "$@"
