using System.Globalization;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>
/// A systemd that runs the units of deploy/systemd, as the first process of namespaces of its own: it sees this machine's files, but what it writes is in memory
/// and goes with it. It starts nothing but its journal. Needs root.
/// </summary>
internal sealed class SystemdMachine : IAsyncDisposable
{
    /// <summary>
    /// Gets a directory to write to, the program's directory, that of the units, and that of .NET. Tells the number of the process that is systemd once it has
    /// started, and ends it when standard input ends.
    /// </summary>
    private const string Boot = """
        set -e
        group=kvtcp-test-$$
        outer=

        # A control group of its own in each hierarchy, below the one that this shell is in: it sees no others, and keeps their limits.
        groups=()
        joined=
        while IFS=: read -r _ controllers path; do
            if [[ $controllers ]]; then
                parent=/sys/fs/cgroup/${controllers#name=}$path
            else
                parent=/sys/fs/cgroup$path
            fi
            # A new group of cpuset has no cores, and nobody can join it.
            if [[ -e $parent/cgroup.procs && $controllers != *cpuset* ]]; then
                mkdir "$parent/$group"
                groups+=("$parent/$group")
                joined+="${controllers:-cgroup2} "
            fi
        done </proc/self/cgroup

        end() {
            local code=$? try left
            trap - EXIT
            if [[ $outer ]]; then
                kill -KILL "$outer" || true
                wait "$outer" || true
            fi 2>/dev/null
            for try in {1..200}; do
                left=$(find "${groups[@]}" -depth -type d ! -exec rmdir {} \; -print 2>/dev/null) || true
                [[ $left ]] || exit "$code"
                sleep 0.05
            done
            echo "control groups are left: $left" >&2
            exit 1
        }
        trap end EXIT

        cat >"$1/inside" <<'INSIDE'
        set -e
        mount --make-rprivate /
        mount -t tmpfs tmpfs "$1"
        cd "$1"
        mkdir upper work root
        mount -t overlay -o lowerdir=/,upperdir=upper,workdir=work overlay root
        mkdir root/old
        cd root
        pivot_root . old

        # From here on, nothing that is written is the machine's.
        cd /
        : >/etc/fstab
        mount -t tmpfs tmpfs /tmp
        for directory in /run /dev /sys /etc/systemd/system /lib/systemd/system/*.wants; do
            mount -t tmpfs -o mode=755 tmpfs "$directory"
        done
        for device in null zero full random urandom tty; do
            cp -a "/old/dev/$device" /dev
        done
        mkdir /dev/pts /dev/shm
        mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts
        ln -s pts/ptmx /dev/ptmx
        ln -s /proc/self/fd /dev/fd
        mount -t proc proc /proc
        mount --bind /proc/sys /proc/sys
        mount -o remount,bind,ro /proc/sys
        mount -t sysfs -o ro sysfs /sys
        if [[ $joined == 'cgroup2 ' ]]; then
            mount -t cgroup2 cgroup /sys/fs/cgroup
        else
            mount -t tmpfs tmpfs /sys/fs/cgroup
            for controllers in $joined; do
                mkdir "/sys/fs/cgroup/${controllers#name=}"
                mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/${controllers#name=}"
            done
        fi
        mkdir -p /usr/share/dotnet /usr/local/bin /usr/local/lib/kvtcp /srv/kvtcp
        mount --bind "/old$4" /usr/share/dotnet
        mount -o remount,bind,ro /usr/share/dotnet
        cp -r "/old$2/." /usr/local/lib/kvtcp
        ln -sf ../lib/kvtcp/kvtcp /usr/local/bin/kvtcp
        cp "/old$3"/* /etc/systemd/system
        printf '[Unit]\nRequires=basic.target systemd-journald.socket\nAfter=basic.target\n' >/etc/systemd/system/default.target
        umount -l /old
        mount --make-rshared /
        exec env -i container=test PATH="$PATH" /lib/systemd/systemd --system --log-target=journal --show-status=no
        INSIDE

        export joined
        (
            for directory in "${groups[@]}"; do
                echo "$BASHPID" >"$directory/cgroup.procs"
            done
            exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child bash "$1/inside" "$@" >&2
        ) &
        outer=$!

        # By its name: until it has become systemd, it has the machine's files before it.
        inside() { nsenter --target "$init" --all --root --wd "$@"; }
        until init=$(pgrep -P "$outer" -x systemd) && state=$(inside systemctl is-system-running 2>/dev/null); do
            if [[ ${state:-} == degraded ]]; then
                inside systemctl --failed >&2
                exit 1
            fi
            kill -0 "$outer"
            read -rt 0.05 || (($? > 128))
        done
        echo "$init"
        cat >/dev/null
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly ProcessRun _boot;
    private int _init;

    private SystemdMachine() => _boot = ProcessRun.Start(
        "bash",
        [
            "-c", Boot, "boot", _directory.Root, Path.GetDirectoryName(KvTcpProgram.Path)!, Repository.PathOf("deploy/systemd"),
            Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
        ]);

    /// <summary>Starts it, and waits until it has started its units.</summary>
    public static async Task<SystemdMachine> BootAsync()
    {
        SystemdMachine machine = new();
        using StreamReader told = new(machine._boot.Output, leaveOpen: true);
        using CancellationTokenSource patience = new(Patience.Limit);
        string? init = null;
        try
        {
            init = await told.ReadLineAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Judged below.
        }

        if (init is null)
        {
            throw new AssertionException($"systemd does not start within {Patience.Limit.TotalSeconds} s: {(await machine.EndAsync()).Error}");
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
        ProcessResult end = await EndAsync();
        Assert.That(end.ExitCode, Is.Zero, end.Error);
    }

    private async Task<ProcessResult> EndAsync()
    {
        using (_directory)
        using (_boot)
        {
            _boot.EndInput();
            return await _boot.EndAsync();
        }
    }
}
