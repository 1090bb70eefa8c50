using System.Net.Sockets;
using System.Reflection;
using KvTcp.Cli;
using KvTcp.Server;
using KvTcp.Store;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class FailureTests
{
    private const string Assembly = "Some.Part, Version=10.0.0.0, Culture=neutral, PublicKeyToken=null";

#pragma warning disable CA2201 // What the runtime throws is what is to be mapped.
    private static readonly object[] Exceptions =
    [
        new object[] { new CommandException(66, "m"), 66 },
        new object[] { new ListenException("m", new IOException()), 69 },
        new object[] { new DataFileException("m", new LoadReport()), 65 },
        new object[] { new FileNotFoundException("m"), 66 },
        new object[] { new FileNotFoundException("m", "/some/Part, Version.data"), 66 },
        new object[] { new FileNotFoundException("m", Assembly), 74 },
        new object[] { new FileLoadException("m", Assembly), 74 },
        new object[] { new BadImageFormatException("m", Assembly), 74 },
        new object[] { new DllNotFoundException("m"), 74 },
        new object[] { new TypeInitializationException("m", new FileNotFoundException("m", Assembly)), 74 },
        new object[] { new DirectoryNotFoundException("m"), 66 },
        new object[] { new UnauthorizedAccessException("m"), 66 },
        new object[] { new SocketException(111), 69 },
        new object[] { new PlatformNotSupportedException("m"), 69 },
        new object[] { new IOException("m"), 74 },
        new object[] { new OutOfMemoryException("m"), 74 },
        new object[] { new TypeInitializationException("m", new OutOfMemoryException("no thread for the sockets")), 74 },
        new object[] { new InvalidOperationException("m"), 70 },
        new object[] { new NullReferenceException("m"), 70 },
    ];
#pragma warning restore CA2201

    [TestCaseSource(nameof(Exceptions))]
    public void Report_gives_each_exception_its_exit_code(Exception exception, int exitCode)
    {
        using StringWriter error = new();
        int actual = Failure.Report(exception, verbose: false, error);
        new ProcessResult(actual, [], error.ToString()).AssertError(exitCode);
    }

    [TestCase(1, 0, "m; mend the data, or see --on-bad-line", TestName = "Of_a_bad_line_names_the_option_that_skips_it")]
    [TestCase(0, 1, "m; mend the data, or see --duplicates", TestName = "Of_a_duplicate_names_the_option_that_allows_it")]
    [TestCase(1, 1, "m; mend the data, or see --duplicates", TestName = "Of_a_duplicate_among_skipped_lines_names_its_own_option")]
    [TestCase(0, 0, "m", TestName = "Of_damaged_gzip_names_no_option")]
    public void Of_bad_data_names_only_an_option_that_helps(long badLines, long duplicates, string message)
    {
        DataFileException exception = new("m", new LoadReport { BadLines = badLines, Duplicates = duplicates });
        Assert.That(Failure.Of(exception).Message, Is.EqualTo(message));
    }

    [Test]
    public void Of_a_part_that_cannot_be_loaded_names_it_and_asks_for_the_limit_of_open_files()
    {
        Exception[] exceptions =
        [
            new FileNotFoundException("m", Assembly),
            new FileLoadException("m", Assembly),
            new BadImageFormatException("m", Assembly),
            new DllNotFoundException("Unable to load shared library 'Some.Part' or one of its dependencies."),
            new TargetInvocationException(new FileLoadException("m", Assembly)),
        ];
        Assert.That(exceptions.Select(static e => Failure.Of(e).Message), Is.All.StartsWith("a part of the program, Some.Part, cannot be loaded; ").And.All.Contains("`ulimit -n`"));
    }

    [Test]
    public void Report_of_a_bug_tells_how_to_see_the_stack_trace()
    {
        using StringWriter error = new();
        Failure.Report(new InvalidOperationException("odd"), verbose: false, error);
        Assert.That(error.ToString(), Does.Contain("InvalidOperationException: odd").And.Contains("--verbose"));
    }

    [Test]
    public void Report_of_broken_output_is_silent()
    {
        using StringWriter error = new();
        Assert.That(Failure.Report(new BrokenOutputException(), verbose: true, error), Is.Zero);
        Assert.That(error.ToString(), Is.Empty);
    }

    [Test]
    public void Report_keeps_control_characters_from_the_terminal()
    {
        using StringWriter error = new();
        Failure.Report(new CommandException(66, "a\tb\u001b[31m"), verbose: false, error);
        Assert.That(error.ToString(), Is.EqualTo("kvtcp: a?b?[31m\n"));
    }

    [Test]
    public void Report_makes_one_blank_of_line_breaks_and_the_blanks_around_them()
    {
        using StringWriter error = new();
        Failure.Report(new CommandException(64, "Must be one of:\r\n\t'bash' \n\n  'zsh'\n"), verbose: false, error);
        Assert.That(error.ToString(), Is.EqualTo("kvtcp: Must be one of: 'bash' 'zsh'\n"));
    }
}
