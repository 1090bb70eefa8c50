#!/usr/bin/env bash
# What it takes a server from its start to its first reply: tools/start-time.sh DATA PROGRAM... The programs take turns, 15 starts each after one that
# does not count. Processor time says more than the clock on a machine that is busy. A program that ends, or that does not answer within PATIENCE seconds
# (60 unless the environment says otherwise), ends it with 69.
set -euo pipefail

data=$1
shift
port=23490
patience=${PATIENCE:-60}

# Says what is wrong with a program, and kills it, if it runs.
give_up() {
    echo "start-time: $1 $2" >&2
    [[ -z ${3:-} ]] || kill -KILL "$3"
    exit 69
}

# Milliseconds, milliseconds of processor time, and resident KiB of one start.
start_once() {
    local began=$EPOCHREALTIME ended server reply='' resident cpu last=$((SECONDS + patience))
    "$1" serve --data "$data" --listen "127.0.0.1:$port" --http off --log-level none >&2 &
    server=$!
    until { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || give_up "$1" 'has ended before it listened'
        ((SECONDS < last)) || give_up "$1" "does not listen after $patience s" "$server"
        sleep 0.001
    done
    printf 'PING\n' >&3
    read -r -t "$patience" reply <&3 || true
    ended=$EPOCHREALTIME
    [[ $reply == 'OK PONG' ]] || give_up "$1" "answers PING with '$reply'" "$server"
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
