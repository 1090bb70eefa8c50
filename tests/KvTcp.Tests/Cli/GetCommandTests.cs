using System.Net;
using System.Net.Sockets;
using System.Text;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Cli;

public sealed class GetCommandTests
{
    private const string Hit = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    private const string Odd = "6ba7b810-9dad-41d1-80b4-00c04fd430c9";
    private const string Empty = "6ba7b810-9dad-41d1-80b4-00c04fd430ca";
    private const string Miss = "00000000-9dad-41d1-80b4-00c04fd430c8";

    private TemporaryDirectory _directory = null!;
    private ProcessRun _server = null!;
    private string _address = "";

    [OneTimeSetUp]
    public async Task StartServer()
    {
        _directory = new TemporaryDirectory();
        string data = _directory.Write("some.data", $"{Hit} one\n{Odd}  NOT_FOUND é \n{Empty} \n");
        (_server, _address) = await KvTcpProgram.ServeAsync("--data", data, "--data", Repository.PathOf("data/example.data"), "--uuid-version", "4");
    }

    [OneTimeTearDown]
    public void StopServer()
    {
        _server.Dispose();
        _directory.Dispose();
    }

    [TestCase(Hit, "one\n")]
    [TestCase(Odd, " NOT_FOUND é \n")]
    [TestCase(Empty, "\n")]
    public async Task Get_of_one_key_prints_its_value_alone(string key, string output)
    {
        ProcessResult result = await KvTcpProgram.RunAsync("get", key, "--server", _address);
        Assert.That((result.ExitCode, result.Output, result.Error), Is.EqualTo((0, output, "")));
    }

    [Test]
    public async Task Get_of_several_keys_prints_lines_in_order_and_names_misses()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("get", "--server", _address, Odd, Miss, Hit.ToUpperInvariant(), Hit);
        Assert.That(result.Output, Is.EqualTo($"{Odd}  NOT_FOUND é \n{Hit} one\n{Hit} one\n"));
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, $"{Miss}: not found\n")));
    }

    [Test]
    public async Task Get_of_one_missing_key_prints_nothing_and_ends_with_1()
    {
        ProcessResult result = await KvTcpProgram.RunAsync("get", "--server", _address, Miss);
        Assert.That((result.ExitCode, result.Output, result.Error), Is.EqualTo((1, "", $"{Miss}: not found\n")));
    }

    [Test]
    public async Task Get_from_standard_input_gives_the_data_file_back()
    {
        byte[] data = await File.ReadAllBytesAsync(Repository.PathOf("data/example.data"));
        string keys = string.Concat(Encoding.UTF8.GetString(data).TrimEnd('\n').Split('\n').Select(static line => line[..36] + "\n"));
        string often = string.Concat(Enumerable.Repeat(keys, 20));
        ProcessResult result = await KvTcpProgram.RunWithInputAsync(often, "get", "--server", _address);
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        Assert.That(result.OutputBytes, Has.Length.EqualTo(20 * data.Length));
        Assert.That(result.OutputBytes.Chunk(data.Length).All(part => part.AsSpan().SequenceEqual(data)), Is.True);
    }

    [Test]
    public async Task Get_from_standard_input_answers_a_line_before_the_next_one()
    {
        using ProcessRun get = ProcessRun.Start(KvTcpProgram.Path, ["get", "--server", _address]);
        byte[] line = new byte[$"{Hit} one\n".Length];
        for (int i = 0; i < 2; i++)
        {
            await get.Input.WriteAsync(Encoding.UTF8.GetBytes($"{Hit}\n"));
            await get.Input.FlushAsync();
            await get.Output.ReadExactlyAsync(line);
            Assert.That(Encoding.UTF8.GetString(line), Is.EqualTo($"{Hit} one\n"));
        }

        get.EndInput();
        Assert.That((await get.EndAsync()).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Get_of_no_key_on_standard_input_prints_nothing()
    {
        ProcessResult result = await KvTcpProgram.RunWithInputAsync("\n", "get", "--server", _address);
        Assert.That((result.ExitCode, result.Output, result.Error), Is.EqualTo((0, "", "")));
    }

    [Test]
    public async Task Get_of_a_line_that_is_no_key_answers_those_before_it_and_ends_with_65()
    {
        ProcessResult result = await KvTcpProgram.RunWithInputAsync($"{Hit}\n{Hit}\nnonsense\n{Hit}\n", "get", "--server", _address);
        result.AssertError(65, "(standard input):3: not a key");
        Assert.That(result.Output, Is.EqualTo($"{Hit} one\n{Hit} one\n"));
    }

    [Test]
    public async Task Get_of_a_key_that_the_server_refuses_ends_with_64()
    {
        const string Version1 = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
        (await KvTcpProgram.RunAsync("get", "--server", _address, Version1)).AssertError(64, _address, Version1);
        (await KvTcpProgram.RunWithInputAsync(Version1, "get", "--server", _address)).AssertError(65, _address, Version1);
    }

    [Test]
    public async Task Get_takes_the_server_from_the_environment()
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal) { ["KVTCP_SERVER"] = _address };
        ProcessResult result = await ProcessRun.RunAsync(KvTcpProgram.Path, ["get", Hit], environment: environment);
        Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, "one\n")));
    }

    [Test]
    public async Task Get_whose_reader_goes_ends_without_a_word()
    {
        ProcessResult result = await KvTcpProgram.RunInShellAsync(
            $"yes {Hit} 2> /dev/null | \"$kvtcp\" get --server {_address} | head -n 1; echo ${{PIPESTATUS[1]}}");
        Assert.That((result.Output, result.Error), Is.EqualTo(($"{Hit} one\n0\n", "")));
    }

    [Test]
    public async Task Get_appends_to_a_file_that_others_write_too()
    {
        await KvTcpProgram.RunInShellAsync(
            $"{{ echo before; \"$kvtcp\" get --server {_address} {Hit}; echo after; }} > out", _directory.Root);
        Assert.That(await File.ReadAllTextAsync(_directory.PathOf("out")), Is.EqualTo("before\none\nafter\n"));
    }

    [Test]
    public async Task Get_onto_a_full_disk_ends_with_74()
    {
        ProcessResult result = await KvTcpProgram.RunInShellAsync($"\"$kvtcp\" get --server {_address} {Hit} > /dev/full");
        result.AssertError(74, "No space left on device");
    }

    [Test]
    public async Task Get_without_a_server_ends_with_69()
    {
        string unused = UnusedAddress();
        (await KvTcpProgram.RunAsync("get", "--server", unused, Hit)).AssertError(69, $"cannot connect to {unused}", "--server");
        (await KvTcpProgram.RunWithInputAsync(Hit, "get", "--server", unused)).AssertError(69, $"cannot connect to {unused}");
        (await KvTcpProgram.RunAsync("get", "--server", "unix:" + _directory.PathOf("none"), Hit)).AssertError(69, "cannot connect");
    }

    [TestCase("", 0, TestName = "Get_of_empty_standard_input_needs_no_server")]
    [TestCase("nonsense\n", 65, TestName = "Get_of_a_first_line_that_is_no_key_needs_no_server")]
    public async Task Get_connects_only_when_there_is_a_key(string input, int exitCode)
    {
        ProcessResult result = await KvTcpProgram.RunWithInputAsync(input, "get", "--server", UnusedAddress());
        Assert.That(result.ExitCode, Is.EqualTo(exitCode), result.Error);
    }

    [TestCase("OK one\n", "closed the connection", TestName = "Get_from_a_server_that_closes_early_ends_with_69")]
    [TestCase("OK one\nERR BUSY too many\n", "too many", TestName = "Get_from_a_busy_server_ends_with_69")]
    [TestCase("OK one\nHTTP/1.1 400 Bad Request\r\n", "is it a KvTcp server?", TestName = "Get_from_another_server_ends_with_69")]
    [TestCase("OK one\nLINES 1\nOK one\n", "several lines", TestName = "Get_answered_with_lines_ends_with_69")]
    public async Task Get_from_a_server_that_fails_ends_with_69(string replies, string message)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task<ProcessResult> get = KvTcpProgram.RunAsync("get", "--server", listener.LocalEndpoint.ToString()!, Hit, Odd);
        using (TcpClient client = await listener.AcceptTcpClientAsync())
        {
            // Reading the requests first makes the close a clean one: unread bytes would reset the connection.
            await client.GetStream().ReadExactlyAsync(new byte[2 * "GET \n".Length + (2 * Hit.Length)]);
            await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(replies));
        }

        ProcessResult result = await get;
        result.AssertError(69, listener.LocalEndpoint.ToString()!, message);
        Assert.That(result.Output, Is.EqualTo($"{Hit} one\n"), "what was answered is printed");
    }

    private static string UnusedAddress()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }
}
