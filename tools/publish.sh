#!/usr/bin/env bash
# What a release of kvtcp consists of, into artifacts/release: `./run.sh publish [RID...]`. Ends with 69 when a platform could not be built.
set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
program=$root/artifacts/bin/KvTcp.Cli/release/kvtcp
out=$root/artifacts/release
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1
flags=(-c Release --nologo -v quiet -nodeReuse:false -p:UseSharedCompilation=false)

say() { echo "publish: $*" >&2; }

# A binary for a platform, in a single file, and the list of the packages in it.
publish_binary() {
    local rid=$1 log code=0
    log=$(mktemp)
    say "$rid: a self-contained binary"
    dotnet publish "$root/src/KvTcp.Cli" "${flags[@]}" -r "$rid" -o "$out/$rid" >"$log" 2>&1 </dev/null || code=$?
    if ((code != 0)); then
        say "$rid is NOT published:"
        sed -n 's/.*error \(.*\) \[.*/publish:   \1/p; s/.*error \(NU[0-9]*: .*\)/publish:   \1/p' "$log" | sort -u >&2
    else
        mv "$out/$rid/kvtcp" "$out/kvtcp-$version-$rid" &&
            list_packages "$root/artifacts/bin/KvTcp.Cli/release_$rid/kvtcp.deps.json" >"$out/kvtcp-$version-$rid.cdx.json" || code=$?
    fi
    rm -rf "$log" "${out:?}/$rid"
    return "$code"
}

# The packages that a program consists of, as CycloneDX, with the licences and the SHA-512 that NuGet knows of.
list_packages() {
    local name package path folder license hash separator=''
    printf '{\n  "bomFormat": "CycloneDX",\n  "specVersion": "1.5",\n  "version": 1,\n'
    printf '  "metadata": { "component": { "type": "application", "name": "kvtcp", "version": "%s", "licenses": [{ "expression": "MIT" }] } },\n' "$version"
    printf '  "components": ['
    while read -r name package; do
        path=${name,,}
        folder=$packages/$path/${package,,}
        license=$(sed -n 's/.*<license type="expression">\([^<]*\)<.*/\1/p' "$folder/$path.nuspec" 2>/dev/null || true)
        hash=$(base64 -d "$folder/$path.${package,,}.nupkg.sha512" 2>/dev/null | od -An -v -tx1 | tr -d ' \n' || true)
        printf '%s\n    { "type": "library", "name": "%s", "version": "%s", "purl": "pkg:nuget/%s@%s"' "$separator" "$name" "$package" "$name" "$package"
        [[ -z $hash ]] || printf ', "hashes": [{ "alg": "SHA-512", "content": "%s" }]' "$hash"
        [[ -z $license ]] || printf ', "licenses": [{ "expression": "%s" }]' "$license"
        printf ' }'
        separator=,
    done < <(awk -F'"' '/^ *"libraries": \{/ { inside = 1 } inside && /^    "[^"]*\/[^"]*": \{/ { split($2, name, "/") }
        inside && /"type": "(package|runtimepack)"/ { sub(/^runtimepack\./, "", name[1]); print name[1], name[2] }' "$1" | sort -u)
    printf '\n  ]\n}\n'
}

write_documents() {
    mkdir -p "$out/completion"
    "$program" completion bash >"$out/completion/kvtcp.bash"
    "$program" completion zsh >"$out/completion/_kvtcp"
    "$program" completion fish >"$out/completion/kvtcp.fish"
    "$program" man >"$out/kvtcp.1"
}

(($# > 0)) || set -- linux-x64 linux-arm64
version=$("$program" --version)
version=${version#kvtcp }
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}
missing=()
rm -rf "$out"
mkdir -p "$out"
write_documents
say "the .NET tool"
dotnet pack "$root/src/KvTcp.Cli" "${flags[@]}" -p:IncludeSymbols=false -o "$out" >&2 </dev/null
for rid in "$@"; do
    publish_binary "$rid" || missing+=("$rid")
done
(cd "$out" && find . -type f ! -name SHA256SUMS -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' sha256sum >SHA256SUMS)
(cd "$out" && find . -type f -printf '%s %P\n' | LC_ALL=C sort -k 2)
((${#missing[@]} == 0)) || { say "missing: ${missing[*]}" && exit 69; }
