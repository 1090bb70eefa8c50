#!/usr/bin/env bash
# From the start of a server to its first reply, and its memory then: tools/start-time.sh DATA PROGRAM... Prints the median and the extremes of 15 starts each.
set -euo pipefail

data=$1
shift
port=${KVTCP_START_TIME_PORT:-23490}

# Milliseconds and resident KiB of one start. Trying to connect in a tight loop takes part of a processor, from each program alike.
start_once() {
    local began=$EPOCHREALTIME ended server reply resident
    "$1" serve --data "$data" --listen "127.0.0.1:$port" --http off --log-level none &
    server=$!
    until { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do sleep 0.001; done
    printf 'PING\n' >&3
    read -r reply <&3
    ended=$EPOCHREALTIME
    [[ $reply == 'OK PONG' ]]
    resident=$(sed -n 's/^VmRSS: *\([0-9]*\) kB/\1/p' "/proc/$server/status")
    exec 3>&-
    kill "$server"
    wait "$server" || true
    echo "$(((${ended/./} - ${began/./}) / 1000)) $resident"
}

for program in "$@"; do
    start_once "$program" >/dev/null
    for _ in {1..15}; do start_once "$program"; done | sort -n |
        awk -v program="$program" '{ ms[NR] = $1; kib = $2 } END { printf "%s: median %d ms, %d to %d ms; %d MiB resident\n", program, ms[(NR + 1) / 2], ms[1], ms[NR], kib / 1024 }'
done
