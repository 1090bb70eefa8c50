using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

/// <summary>tools/start-time.sh with programs that are no servers.</summary>
public sealed class StartTimeScriptTests
{
    [TestCase("exit 1", "has ended before it listened")]
    [TestCase("exec sleep 100", "does not listen after 1 s")]
    public async Task Program_that_does_not_serve_is_named_and_ends_with_69(string script, string reason)
    {
        using TemporaryDirectory directory = new();
        string program = directory.Write("program", $"#!/bin/bash\n{script}\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        ProcessResult result = await ProcessRun.RunAsync(
            "bash",
            [Repository.PathOf("tools/start-time.sh"), "some.data", program],
            environment: new Dictionary<string, string>(StringComparer.Ordinal) { ["PATIENCE"] = "1" });
        result.AssertErrorOf("start-time", 69, $"{program} {reason}");
        Assert.That(result.Output, Is.Empty);
    }
}
