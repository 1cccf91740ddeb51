#!/bin/sh
# Restarts the instances one by one; no request is lost, as the other takes what comes meanwhile.
# usage: rolling-restart.sh PORT...
set -eu
[ $# -gt 0 ] || { echo "usage: rolling-restart.sh PORT..." >&2; exit 2; }

ready() {
  curl -fs -o /dev/null --max-time 2 "http://127.0.0.1:$1/readyz"
}

for port in "$@"; do
  for other in "$@"; do
    if [ "$other" != "$port" ] && ! ready "$other"; then
      echo "instance $other is not ready: instance $port is not restarted" >&2
      exit 1
    fi
  done
  echo "instance $port: restart"
  # It finishes its requests first.
  systemctl restart "miniprogram-backend@$port"
  tries=0
  until ready "$port"; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
      echo "instance $port is not ready after a minute: journalctl -u miniprogram-backend@$port" >&2
      exit 1
    fi
    sleep 1
  done
  echo "instance $port: ready"
done
