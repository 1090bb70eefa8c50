using System.Globalization;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>
/// A systemd that runs the units of deploy/systemd, as the first process of namespaces of its own: it sees this machine's files, but what it writes is in memory
/// and goes with it. It starts nothing but its journal. Needs root.
/// </summary>
internal sealed class SystemdMachine : IAsyncDisposable
{
    /// <summary>
    /// Gets a directory to write to, the program's directory and that of the units. Tells the number of the process that is systemd once it has
    /// started, and ends it when standard input ends.
    /// </summary>
    private const string Boot = """
        set -e
        group=kvtcp-test-$$

        # Control groups of its own, so that it does not see, and cannot change, those of others.
        join() {
            local all
            for all in /sys/fs/cgroup /sys/fs/cgroup/*; do
                [[ -e $all/cgroup.procs ]] || continue
                mkdir "$all/$group"
                echo "$BASHPID" >"$all/$group/cgroup.procs" || rmdir "$all/$group"
            done 2>/dev/null
        }

        remove() {
            local try
            for try in {1..100}; do
                [[ $(find /sys/fs/cgroup -path "*/$group" -print -quit) ]] || return 0
                find /sys/fs/cgroup -depth -path "*/$group*" -type d -exec rmdir {} + 2>/dev/null || sleep 0.05
            done
        }

        cat >"$1/inside" <<'INSIDE'
        set -e
        mount --make-rprivate /
        mount -t tmpfs tmpfs "$1"
        cd "$1"
        mkdir upper work root
        mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay root
        cd root
        : >etc/fstab
        mount -t tmpfs tmpfs tmp
        for directory in run dev sys etc/systemd/system lib/systemd/system/*.wants; do
            mount -t tmpfs -o mode=755 tmpfs "$directory"
        done
        for device in null zero full random urandom tty; do
            cp -a "/dev/$device" dev
        done
        mkdir dev/pts dev/shm
        mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
        ln -s pts/ptmx dev/ptmx
        ln -s /proc/self/fd dev/fd
        mount -t proc proc proc
        mount -t sysfs -o ro sysfs sys
        if [[ -e /sys/fs/cgroup/cgroup.procs ]]; then
            mount -t cgroup2 cgroup sys/fs/cgroup
        else
            mount -t tmpfs tmpfs sys/fs/cgroup
            while IFS=: read -r _ controllers path; do
                if [[ $controllers && $path == / ]]; then
                    mkdir "sys/fs/cgroup/${controllers#name=}"
                    mount -t cgroup -o "$controllers" cgroup "sys/fs/cgroup/${controllers#name=}"
                fi
            done </proc/self/cgroup
        fi
        mkdir -p usr/share/dotnet usr/local/bin usr/local/lib/kvtcp srv/kvtcp old
        mount --bind "$(dirname "$(readlink -f "$(command -v dotnet)")")" usr/share/dotnet
        cp -r "$2/." usr/local/lib/kvtcp
        ln -sf ../lib/kvtcp/kvtcp usr/local/bin/kvtcp
        cp "$3"/* etc/systemd/system
        printf '[Unit]\nRequires=basic.target systemd-journald.socket\nAfter=basic.target\n' >etc/systemd/system/default.target
        ip link set lo up
        pivot_root . old
        umount -l old
        mount --make-rshared /
        exec env -i container=test PATH="$PATH" /lib/systemd/systemd --system --log-target=journal --show-status=no
        INSIDE

        (join; exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child bash "$1/inside" "$@" >&2) &
        outer=$!
        inside() { [[ ${init:-} ]] && nsenter --target "$init" --all --root --wd "$@"; }
        until init=$(pgrep -P "$outer") && [[ $(inside systemctl is-system-running 2>/dev/null) == running ]]; do
            kill -0 "$outer"
            sleep 0.05
        done
        echo "$init"
        cat >/dev/null
        kill -KILL "$outer"
        wait "$outer" || true
        remove
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly ProcessRun _boot;
    private int _init;

    private SystemdMachine() => _boot = ProcessRun.Start(
        "bash", ["-c", Boot, "boot", _directory.Root, Path.GetDirectoryName(KvTcpProgram.Path)!, Repository.PathOf("deploy/systemd")]);

    /// <summary>Starts it, and waits until it has started its units.</summary>
    public static async Task<SystemdMachine> BootAsync()
    {
        SystemdMachine machine = new();
        using StreamReader told = new(machine._boot.Output, leaveOpen: true);
        if (await told.ReadLineAsync().WaitAsync(Patience.Limit) is not string init)
        {
            using (machine._directory)
            using (machine._boot)
            {
                throw new AssertionException("systemd does not start: " + (await machine._boot.EndAsync()).Error);
            }
        }

        machine._init = int.Parse(init, CultureInfo.InvariantCulture);
        return machine;
    }

    /// <summary>Runs a script there, as root.</summary>
    /// <param name="script">For bash.</param>
    /// <param name="input">Its standard input.</param>
    public Task<ProcessResult> TryAsync(string script, byte[]? input = null) =>
        ProcessRun.RunAsync("nsenter", ["--target", $"{_init}", "--all", "--root", "--wd", "setsid", "--wait", "bash", "-c", script], input);

    /// <summary>Runs a script there that has to succeed.</summary>
    /// <param name="script">For bash.</param>
    /// <param name="input">Its standard input.</param>
    /// <returns>What it prints, without the last line break.</returns>
    public async Task<string> RunAsync(string script, byte[]? input = null)
    {
        ProcessResult result = await TryAsync(script, input);
        Assert.That(result.ExitCode, Is.Zero, $"{script}\n{result.Output}{result.Error}");
        return result.Output.TrimEnd('\n');
    }

    /// <summary>Ends it, and all that runs there.</summary>
    public async ValueTask DisposeAsync()
    {
        using (_directory)
        using (_boot)
        {
            _boot.EndInput();
            await _boot.EndAsync();
        }
    }
}
