using System.IO.Pipelines;
using KvTcp.Server.Http;
using KvTcp.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using NUnit.Framework;

namespace KvTcp.Tests.Server.Http;

/// <summary>What of a body is read, and when.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RequestBodyTests
{
    private readonly Pipe _pipe = new(new PipeOptions(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false));

    private readonly DefaultHttpContext _context = new();

    [SetUp]
    public void UsePipe() => _context.Features.Set<IRequestBodyPipeFeature>(new Body(_pipe.Reader));

    [Test]
    public async Task Body_that_is_not_whole_costs_no_more_than_its_bytes()
    {
        const int Keys = 30_000;
        ValueTask<(BatchRequestBody? Body, int, string?)> reading = RequestBody.ReadAsync(_context, HttpJson.Default.BatchRequestBody);
        byte[] begin = ByteText.Bytes("{\"keys\":[\"a\"" + string.Concat(Enumerable.Repeat(",\"a\"", Keys - 1)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        await _pipe.Writer.WriteAsync(begin);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.That(reading.IsCompleted, Is.False);
        Assert.That(allocated, Is.LessThan(2 * begin.Length), "as text it would be ten times as much");
        await _pipe.Writer.WriteAsync(ByteText.Bytes("]}"));
        await _pipe.Writer.CompleteAsync();
        Assert.That((await reading).Body!.Keys, Has.Count.EqualTo(Keys).And.All.EqualTo("a"));
    }

    [TestCase("{\"keys\":[]}", true)]
    [TestCase("\xEF\xBB\xBF {\"keys\":[]}\n ", true, Description = "the mark of UTF-8, and white space")]
    [TestCase("{\"keys\":[]}{", false)]
    [TestCase("{\"keys\":[]} x", false)]
    [TestCase("\xEF\xBB", false)]
    [TestCase("", false)]
    public async Task Body_is_one_object_and_nothing_else(string text, bool isRight)
    {
        foreach (byte value in ByteText.Bytes(text))
        {
            await _pipe.Writer.WriteAsync(new[] { value });
        }

        await _pipe.Writer.CompleteAsync();
        (BatchRequestBody? body, int status, _) = await RequestBody.ReadAsync(_context, HttpJson.Default.BatchRequestBody);
        Assert.That((body is not null, status), Is.EqualTo((isRight, 422)));
    }

    private sealed class Body(PipeReader reader) : IRequestBodyPipeFeature
    {
        public PipeReader Reader => reader;
    }
}
