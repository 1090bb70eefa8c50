using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using KvTcp.Compare;
using Microsoft.Win32.SafeHandles;

namespace KvTcp.Soak;

/// <summary>A network of its own on this machine, with one cable to the rest, which can be made slow and lossy, or be cut. Needs root, and <c>ip</c>.</summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int CloneNewNet = 0x40000000;

    private static int _made;

    private readonly string _name;

    private NetworkNamespace(string name, IPAddress near, bool hasNetem)
    {
        _name = name;
        Near = near;
        HasNetem = hasNetem;
    }

    /// <summary>The address of this side of the cable.</summary>
    public IPAddress Near { get; }

    /// <summary>Whether the kernel can delay and lose packets.</summary>
    public bool HasNetem { get; }

    private string NearEnd => $"{_name}n";

    private string FarEnd => $"{_name}f";

    /// <summary>Makes one, where the machine allows it.</summary>
    /// <returns>It, or null; and why.</returns>
    public static async Task<(NetworkNamespace? Namespace, string? Reason)> TryCreateAsync()
    {
        // The length of an interface's name is limited to 15.
        int number = Interlocked.Increment(ref _made) % 100;
        string name = $"kvs{Environment.ProcessId}x{number}";
        string net = $"10.{150 + number}.{Environment.ProcessId % 250}";
        NetworkNamespace made = new(
            name,
            IPAddress.Parse($"{net}.1"),
            hasNetem: await RunAsync($"ip link add {name}p type dummy && tc qdisc add dev {name}p root netem delay 1ms", $"ip link del {name}p") is null);
        string? reason = await RunAsync(
            $"ip netns add {name} && ip link add {made.NearEnd} type veth peer name {made.FarEnd} netns {name}"
            + $" && ip addr add {net}.1/24 dev {made.NearEnd} && ip link set {made.NearEnd} up"
            + $" && ip -n {name} addr add {net}.2/24 dev {made.FarEnd} && ip -n {name} link set {made.FarEnd} up",
            "true");
        if (reason is null)
        {
            return (made, made.HasNetem ? null : "the kernel has no netem: the cable is cut for a while, but has no delay and no loss otherwise");
        }

        made.Dispose();
        return (null, $"no network namespaces here: {reason}");
    }

    /// <summary>Opens a socket in it, which then works on any thread.</summary>
    public Socket Open()
    {
        Socket? socket = null;
        int error = 0;
        Thread thread = new(() =>
        {
            // The namespace is the thread's, and ends with it.
            using SafeFileHandle handle = File.OpenHandle($"/run/netns/{_name}");
            error = SetNamespace(handle, CloneNewNet) == 0 ? 0 : Marshal.GetLastPInvokeError();
            socket = error == 0 ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) : null;
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new Win32Exception(error);
    }

    /// <summary>Cuts the cable, or mends it.</summary>
    public Task SetCableAsync(bool isWhole) => MustRunAsync($"ip link set {NearEnd} {(isWhole ? "up" : "down")}");

    /// <summary>Has every packet come later, and one in a hundred not at all; or no longer.</summary>
    public Task SetTroubleAsync(bool isOn) =>
        MustRunAsync(isOn ? $"tc qdisc add dev {NearEnd} root netem delay 20ms 10ms loss 1%" : $"tc qdisc del dev {NearEnd} root");

    /// <inheritdoc/>
    public void Dispose() => RunAsync($"ip link del {NearEnd}; ip netns del {_name}", "true").GetAwaiter().GetResult();

    private static async Task MustRunAsync(string script)
    {
        if (await RunAsync(script, "true") is string error)
        {
            throw new IOException($"{script}: {error}");
        }
    }

    /// <summary>Runs a script.</summary>
    /// <returns>Null when it has worked, else its last words.</returns>
    private static async Task<string?> RunAsync(string script, string afterwards)
    {
        ProgramEnd end = await Subprocess.RunAsync("sh", ["-c", script], CancellationToken.None);
        _ = await Subprocess.RunAsync("sh", ["-c", afterwards], CancellationToken.None);
        return end.ExitCode == 0 ? null : end.LastLine;
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int SetNamespace(SafeFileHandle descriptor, int kind);
}
