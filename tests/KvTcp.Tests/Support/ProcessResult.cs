using System.Text;
using NUnit.Framework;

namespace KvTcp.Tests.Support;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="OutputBytes">What it wrote to standard output.</param>
/// <param name="Error">What it wrote to standard error.</param>
internal sealed record ProcessResult(int ExitCode, byte[] OutputBytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    /// <summary>Asserts an error: its code, and one line on standard error that says all of it.</summary>
    /// <param name="exitCode">The code.</param>
    /// <param name="parts">What the line must contain.</param>
    public void AssertError(int exitCode, params string[] parts) => AssertErrorOf("kvtcp", exitCode, parts);

    /// <summary>Asserts an error of a program: its code, and one line on standard error that says all of it.</summary>
    /// <param name="program">The program's name.</param>
    /// <param name="exitCode">The code.</param>
    /// <param name="parts">What the line must contain.</param>
    public void AssertErrorOf(string program, int exitCode, params string[] parts)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(ExitCode, Is.EqualTo(exitCode), Error);
            Assert.That(Error, Does.StartWith($"{program}: ").And.EndsWith("\n"));
            Assert.That(Error.TrimEnd('\n'), Does.Not.Contain("\n"), "an error is one line");
            foreach (string part in parts)
            {
                Assert.That(Error, Does.Contain(part));
            }
        }
    }
}
