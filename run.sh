#!/usr/bin/env bash
# Builds and runs everything; the usage stands below. Works from any directory, and never changes it: paths are the caller's.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
results=$root/artifacts/test-results
# Nothing here needs the network once the packages are restored, and nothing is to be reported to anyone.
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
# A build server that outlives the script would hold the caller's pipes open.
build_flags=(-c Release --nologo -v quiet -nodeReuse:false -p:UseSharedCompilation=false)

usage() {
    cat <<'USAGE'
./run.sh                 serve data/example.data (or $KV_DATA_FILE_PATH), after a build if needed
./run.sh test [ARGS]     build, check the formatting, run all tests; ARGS go to `dotnet test`, such as --filter Name~Cli
./run.sh build           build everything in Release
./run.sh bench [ARGS]    run the benchmarks, or those that match: --filter '*Lookup*'; client-throughput: the
                         .NET client beside the load generator; snapshot-start: snapshots beside text, built and served;
                         live-swap: what swaps of the dataset do to clients under load; front-door: a server in front of a
                         Redis Cluster beside that Cluster; http: GETs over HTTP beside FastAPI and bare Kestrel;
                         http-cost: what scrapes and an open dashboard cost the line protocol; tls: what TLS costs beside plain
./run.sh loadgen [ARGS]  run the load generator, after a build if needed: --data some.data, --help
./run.sh compare [ARGS]  measure this server beside Redis, memcached, Garnet and FastAPI, which it installs: --quick, --help
./run.sh fuzz [ARGS]     give random input to all that reads what others wrote: --minutes N, --help
./run.sh publish [RID..] make a release in artifacts/release: self-contained binaries (linux-x64, linux-arm64), lists of packages, the .NET
                         tool, completions, the manual page, checksums
./run.sh soak [ARGS]     drive a server with everything at once, and tell what goes wrong: --minutes N, --crowd, --help
./run.sh WORD [ARGS]     run `kvtcp WORD ARGS`, after a build if needed: check, build FILE -o OUT.kvs, generate, get, serve, --help
USAGE
}

say() { echo "run.sh: $*" >&2; }

fail() {
    local code=$1
    shift
    say "$@"
    exit "$code"
}

require_sdk() {
    command -v dotnet >/dev/null ||
        fail 69 "the .NET 10 SDK is missing: there is no dotnet on the PATH; get it from https://dotnet.microsoft.com/download"
    # Run where global.json is, so that it decides which SDK will do.
    (cd "$root" && dotnet --version >/dev/null 2>&1 </dev/null) ||
        fail 69 "the .NET SDK here is not the one that global.json asks for ($(sdk_wanted) or newer); get it from https://dotnet.microsoft.com/download"
}

sdk_wanted() { sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$root/global.json"; }

# Runs a command without a word, and shows what it said only if it fails. Standard input is left to the program.
quietly() {
    local log code=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null || code=$?
    if ((code != 0)); then
        cat "$log" >&2
    fi
    rm -f "$log"
    return "$code"
}

# What the functions below build and run: a project, such as src/KvTcp.Cli, its program, such as KvTcp.Cli/release/kvtcp, and the
# tools that it uses besides src/.
choose_program() {
    project=$root/$1
    program=$root/artifacts/bin/$2
    stamp=$root/artifacts/${2##*/}.built
    sources=("$root/src" "$project" "${@:3}")
}

# A directory is newer than the stamp when a file was added to it or removed from it.
is_built() {
    [[ -x $program && -f $stamp ]] &&
        [[ -z $(find "${sources[@]}" "$root"/Directory.*.props "$root/global.json" "$root/.editorconfig" -newer "$stamp" -print -quit) ]]
}

build_program() {
    is_built && return
    require_sdk
    mkdir -p "$root/artifacts"
    # Two builds at once would write the same files; the second one waits and finds nothing left to do.
    exec 9>"$root/artifacts/build.lock"
    if command -v flock >/dev/null; then
        flock 9
    fi
    if ! is_built; then
        if [[ -t 2 ]]; then
            say "building ${program##*/}, which takes about half a minute"
        fi
        touch "$stamp.new"
        quietly dotnet build "$project" "${build_flags[@]}" || fail 70 "the build failed"
        mv "$stamp.new" "$stamp"
    fi
    exec 9>&-
}

run_program() {
    build_program
    # The program finds the runtime in the usual places; elsewhere it has to be told.
    if [[ -z ${DOTNET_ROOT:-} ]] && command -v dotnet >/dev/null; then
        DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
        export DOTNET_ROOT
    fi
    exec "$program" "$@"
}

build_all() {
    require_sdk
    mkdir -p "$root/artifacts"
    touch "$stamp.new"
    quietly dotnet build "$root/KvTcp.sln" "${build_flags[@]}" || fail 70 "the build failed"
    mv "$stamp.new" "$stamp"
}

# Debian packages that the tests run: the tools that people talk to the server with, the servers that the load generator and the
# comparison drive, the browser that reports are read in, and what client libraries of Redis are written for.
install_test_tools() {
    local missing=() tool
    nc -h 2>&1 | grep -q OpenBSD || missing+=(netcat-openbsd)
    for tool in curl telnet redis-server memcached haproxy chromium mandoc zsh fish faketime; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    command -v systemd-analyze >/dev/null || missing+=(systemd)
    command -v pgrep >/dev/null || missing+=(procps)
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    command -v promtool >/dev/null || missing+=(prometheus)
    dpkg -s python3-redis >/dev/null 2>&1 || missing+=(python3-redis)
    install_garnet || return 1
    if ((${#missing[@]} == 0)); then
        install_node_clients
        return
    fi
    if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
        say "the tests need ${missing[*]}, which only root on Debian can have installed here; their tests will fail"
        [[ ${CI:-} != true ]] || return 1
        return
    fi
    quietly apt-get update &&
        DEBIAN_FRONTEND=noninteractive quietly apt-get install -y --no-install-recommends "${missing[@]}" &&
        install_node_clients
}

# A second engine that speaks the protocol of Redis.
install_garnet() {
    local directory=$root/artifacts/garnet-2.2.5
    [[ -x $directory/garnet-server ]] ||
        quietly dotnet tool install garnet-server --version 2.2.5 --tool-path "$directory"
}

# The libraries that Node.js programs read Redis with, and the schemas of Kubernetes. Their versions run on every Node.js that is maintained.
install_node_clients() {
    local directory=$root/artifacts/node-clients
    local wanted='{"private": true, "dependencies": {"redis": "5.8.2", "ioredis": "5.7.0", "kubernetes-models": "4.5.1", "yaml": "2.9.1"}}'
    if [[ -d $directory/node_modules && $(cat "$directory/package.json" 2>/dev/null) == "$wanted" ]]; then
        return
    fi
    rm -rf "$directory"
    mkdir -p "$directory"
    (cd "$directory" && echo "$wanted" >package.json && quietly npm install --no-package-lock --no-audit --no-fund --ignore-scripts) ||
        { rm -rf "$directory" && return 1; }
}

# The attribute of the counters of the runs, such as passed="12", summed; 0 when there is no run.
counter() {
    local sum=0 value
    for value in $(sed -n "s/.*<Counters[^>]* $1=\"\([0-9]*\)\".*/\1/p" "$results"/*.trx 2>/dev/null); do
        ((sum += value)) || true
    done
    echo "$sum"
}

# The tests of a filter in one process: NAME FILTER RUNSETTING [ARGS].
test_those() {
    dotnet test "$root/KvTcp.sln" -c Release --no-build --nologo --results-directory "$results" --logger "trx;LogFileName=$1.trx" \
        --blame-hang --blame-hang-timeout 5m --blame-hang-dump-type none --filter "$2" "${@:4}" -- "$3" >&2
}

check_and_test() {
    # These take a minute or two, one the network's and the others the processor's. Whatever ends this, nothing is being installed after it.
    trap wait EXIT
    require_sdk
    install_test_tools &
    local tools=$!
    # Of the style and the analyzers the build makes sure.
    quietly dotnet format whitespace "$root" --folder --exclude "$root/artifacts" --verify-no-changes &
    local formatting=$!
    build_all
    wait "$formatting" || fail 1 "the formatting is off; \`dotnet format\` mends it"
    wait "$tools" || fail 69 "the tools that the tests need cannot be installed"
    local filter='' code=0 args=()
    while (($# > 0)); do
        if [[ $1 == --filter && $# -gt 1 ]]; then
            filter="($2)&"
            shift
        elif [[ $1 == --filter=* ]]; then
            filter="(${1#*=})&"
        else
            args+=("$1")
        fi
        shift
    done
    say "running the tests"
    test_those tests "${filter}TestCategory!=Alone" NUnit.NumberOfTestWorkers=4 "${args[@]}" || code=$?
    say "running the tests that measure the machine, one after the other"
    test_those alone "${filter}TestCategory=Alone" NUnit.NumberOfTestWorkers=0 "${args[@]}" || code=$?
    return "$code"
}

# What failed, once more, where whoever reads only the end of a long log finds it.
name_failures() {
    sed -n 's/.*<UnitTestResult[^>]* testName="\([^"]*\)"[^>]* outcome="Failed".*/failed: \1/p' "$results"/*.trx 2>/dev/null |
        sed 's/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' >&2 || true
}

run_tests() {
    local code=0 passed failed skipped
    rm -rf "$results"
    # In a subshell, so that whatever ends it the counts below are the last line.
    (check_and_test "$@") || code=$?
    passed=$(counter passed)
    failed=$(($(counter failed) + $(counter error) + $(counter timeout) + $(counter aborted)))
    skipped=$(($(counter total) - $(counter executed)))
    if ((code == 0 && (failed > 0 || passed == 0))); then
        code=1
    fi
    name_failures
    echo "$passed passed, $failed failed, $skipped skipped"
    exit "$code"
}

choose_program src/KvTcp.Cli KvTcp.Cli/release/kvtcp
case ${1:-} in
"")
    if [[ -n ${KV_DATA_FILE_PATH:-}${KVTCP_DATA:-} ]]; then
        run_program serve
    fi
    run_program serve --data "$root/data/example.data"
    ;;
test)
    run_tests "${@:2}"
    ;;
build)
    # kvtcp has a command of this name too, and that one has arguments.
    if (($# == 1)); then
        build_all
    else
        run_program "$@"
    fi
    ;;
bench)
    build_all
    exec "$root/artifacts/bin/KvTcp.Benchmarks/release/KvTcp.Benchmarks" "${@:2}"
    ;;
loadgen)
    choose_program tools/loadgen KvTcp.LoadGen/release/loadgen
    run_program "${@:2}"
    ;;
compare)
    choose_program tools/compare KvTcp.Compare/release/compare "$root/tools/loadgen"
    run_program "${@:2}"
    ;;
fuzz)
    choose_program tools/fuzz KvTcp.Fuzz/release/fuzz
    run_program "${@:2}"
    ;;
publish)
    build_program
    exec "$root/tools/publish.sh" "${@:2}"
    ;;
soak)
    choose_program tools/soak KvTcp.Soak/release/soak "$root/tools/loadgen" "$root/tools/fuzz" "$root/tools/compare"
    run_program "${@:2}"
    ;;
-h | help)
    usage
    ;;
*)
    run_program "$@"
    ;;
esac
