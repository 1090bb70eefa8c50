#!/usr/bin/env bash
# What it takes a server from its start to its first reply: tools/start-time.sh DATA PROGRAM... The programs take turns, 15 starts each after one that
# does not count. Processor time says more than the clock on a machine that is busy.
set -euo pipefail

data=$1
shift
port=23490

# Milliseconds, milliseconds of processor time, and resident KiB of one start.
start_once() {
    local began=$EPOCHREALTIME ended server reply resident cpu
    "$1" serve --data "$data" --listen "127.0.0.1:$port" --http off --log-level none &
    server=$!
    until { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do sleep 0.001; done
    printf 'PING\n' >&3
    read -r reply <&3
    ended=$EPOCHREALTIME
    [[ $reply == 'OK PONG' ]]
    resident=$(awk '/^VmRSS:/ { print $2 }' "/proc/$server/status")
    cpu=$(awk '{ print ($14 + $15) * 10 }' "/proc/$server/stat")
    exec 3>&-
    kill "$server"
    wait "$server" || true
    echo "$(((${ended/./} - ${began/./}) / 1000)) $cpu $resident"
}

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
for round in {0..15}; do
    for i in $(seq $#); do
        figures=$(start_once "${!i}")
        ((round == 0)) || echo "$figures" >>"$results/$i"
    done
done

median() { sort -n | awk '{ values[NR] = $1 } END { print values[int((NR + 1) / 2)] }'; }

for i in $(seq $#); do
    printf '%s: %s ms (%s ms at best), %s ms of processor time, %s KiB resident\n' "${!i}" "$(cut -d' ' -f1 "$results/$i" | median)" \
        "$(cut -d' ' -f1 "$results/$i" | sort -n | head -1)" "$(cut -d' ' -f2 "$results/$i" | median)" "$(cut -d' ' -f3 "$results/$i" | median)"
done
