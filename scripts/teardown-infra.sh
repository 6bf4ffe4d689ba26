#!/bin/sh
exec node "$(dirname "$0")/bootstrap.mjs" teardown-infra "$@"
