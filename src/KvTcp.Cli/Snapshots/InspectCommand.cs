using System.CommandLine;
using KvTcp.Store;

namespace KvTcp.Cli;

/// <summary><c>kvtcp inspect</c>: shows the header of a snapshot, and verifies its checksums on request.</summary>
internal static class InspectCommand
{
    private const string Examples = """
        kvtcp inspect some.kvs
        kvtcp inspect --verify some.kvs
        """;

    private static readonly Argument<string> Snapshot = new("FILE") { HelpName = "FILE.kvs", Description = "The snapshot" };

    private static readonly Option<bool> Verify = new("--verify") { Description = "Read the whole file and compare every checksum" };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        DocumentedCommand command = new("inspect", "Show what a snapshot holds.", Examples) { Snapshot, Verify };
        command.SetAction(static (result, _) =>
            RunAsync(result.GetValue(Snapshot) ?? "", result.GetValue(Verify), result.InvocationConfiguration.Output));
        return command;
    }

    private static async Task<int> RunAsync(string path, bool verify, TextWriter output)
    {
        if (path is "-")
        {
            throw new CommandException(ExitCode.Usage, "a snapshot is inspected where it lies; name its file");
        }

        _ = DataFileSettings.Sources([path]);
        SnapshotReport.Write(output, SnapshotFile.ReadInfo(path));
        if (verify)
        {
            WorkProgress progress = new();
            Task work = Task.Run(() => SnapshotFile.Verify(path, progress));
            await ProgressBar.ShowAsync("Verifying", work, progress);
            SnapshotReport.WriteVerified(output);
        }

        return ExitCode.Success;
    }
}
