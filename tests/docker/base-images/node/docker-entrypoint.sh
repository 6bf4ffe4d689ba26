#!/bin/sh
# Runs its arguments. If the first argument is an option or not a program, node gets all arguments.
set -e

is_program() {
  case $1 in
    -*) return 1 ;;
  esac
  if [ -f "$1" ]; then [ -x "$1" ]; else command -v "$1" > /dev/null; fi
}

is_program "$1" || set -- node "$@"
exec "$@"
