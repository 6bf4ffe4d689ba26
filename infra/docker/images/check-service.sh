#!/bin/bash
# Health check of a container with one of our services: exit code 0 if /readyz returns 200.
#
# The engine restarts a container that ends, but not one that is unhealthy. So this check kills a
# service that has given no HTTP answer for 15 s, for example because its event loop is
# blocked. Any status is an answer, also 503: a service that is not ready is never killed. Before its
# first answer a service has 120 s.
#
# Arguments: the port of health and metrics; a folder for the state, which must be empty after each
# start of the container; the file that lists the service's process id as a child of the init process.

port=$1
state=${2:-/tmp}/last-answer
children=${3:-/proc/1/task/1/children}

# Prints the status of the response to GET /readyz; nothing without a response within 2 s.
readiness_status() {
  timeout 2 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$0"
    printf "GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n" >&3
    read -r _ status _ <&3
    printf "%s" "$status"
  ' "$port" 2>/dev/null
}

# Seconds since the machine was started, which a change of the clock does not affect.
read -r uptime _ </proc/uptime
now=${uptime%%.*}

status=$(readiness_status)
if [[ -n $status ]]; then
  echo "$now 0 15" >"$state"
  [[ $status == 200 ]]
  exit
fi

if [[ -f $state ]]; then
  read -r since misses limit <"$state"
else
  since=$now misses=0 limit=120
fi
misses=$((misses + 1))
echo "$since $misses $limit" >"$state"
# At least three checks: a container that was paused for long can answer the next one.
if ((misses >= 3 && now - since >= limit)); then
  echo "The service has given no HTTP answer for $((now - since)) s and is killed."
  rm -f "$state"
  # shellcheck disable=SC2046 # one argument for each process id
  kill -KILL $(<"$children")
fi
exit 1
