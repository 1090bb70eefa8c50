using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using KvTcp.Protocol;
using KvTcp.Tests.Support;
using NUnit.Framework;

namespace KvTcp.Tests.Protocol;

/// <summary>What <see cref="RequestWriter"/> writes, <see cref="RequestParser"/> reads, however the network cuts it.</summary>
[TestFixture]
public class RequestRoundTripTests
{
    private static readonly Command[] WithoutArguments =
        [Command.Count, Command.Stats, Command.Version, Command.Ping, Command.Help, Command.Reload, Command.Rollback, Command.Quit];

    private static Gen<Guid> Keys => ArbMap.Default.GeneratorFor<byte>().ArrayOf(16).Select(bytes => new Guid(bytes));

    private static Gen<SeenRequest> Requests =>
        Gen.Frequency(
            (4, Keys.Select(key => Seen(Command.Get, [key]))),
            (2, Keys.NonEmptyListOf().Select(keys => Seen(Command.MGet, keys))),
            (2, Keys.NonEmptyListOf().Select(keys => Seen(Command.Exists, keys))),
            (1, Tokens.Select(token => new SeenRequest(RequestStatus.Request, Command.Auth, token))),
            (2, Gen.Elements(WithoutArguments).Select(command => new SeenRequest(RequestStatus.Request, command))));

    private static Gen<string> Tokens =>
        ArbMap.Default.GeneratorFor<byte>().Where(value => !" \r\n|"u8.Contains(value)).NonEmptyListOf()
            .Select(bytes => ByteText.Text([.. bytes]));

    [Test]
    public void Requests_are_read_back_under_any_split_and_any_block_size() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(
            Requests.ListOf().ToArbitrary(),
            Gen.Choose(1, 200).ToArbitrary(),
            Gen.Choose(0, 100_000).ArrayOf().ToArbitrary(),
            (requests, blockSize, cuts) =>
            {
                byte[] bytes = Written(requests, blockSize);
                ReadOnlySequence<byte> buffer = SegmentedSequence.Of(bytes, [.. cuts.Select(cut => cut % (bytes.Length + 1)).Order()]);
                return RequestReading.ReadAll(ref buffer).SequenceEqual(requests) && buffer.IsEmpty;
            }));

    [Test]
    public void Every_split_of_a_run_of_requests_reads_the_same()
    {
        Guid key = Guid.Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        SeenRequest[] requests =
        [
            Seen(Command.Get, [key]), Seen(Command.MGet, [key, Guid.Empty, key]), new(RequestStatus.Request, Command.Auth, "token"),
            Seen(Command.Exists, [Guid.AllBitsSet]), new(RequestStatus.Request, Command.Quit),
        ];
        using (Assert.EnterMultipleScope())
        {
            foreach (ReadOnlySequence<byte> received in SegmentedSequence.EverySplit(Written(requests, 64)))
            {
                ReadOnlySequence<byte> buffer = received;
                Assert.That(RequestReading.ReadAll(ref buffer), Is.EqualTo(requests));
                Assert.That(buffer.IsEmpty, Is.True);
            }
        }
    }

    private static SeenRequest Seen(Command command, IEnumerable<Guid> keys) =>
        new(RequestStatus.Request, command, string.Join('|', keys));

    private static byte[] Written(IEnumerable<SeenRequest> requests, int blockSize)
    {
        BlockBufferWriter output = new(blockSize);
        foreach (SeenRequest request in requests)
        {
            switch (request.Command)
            {
                case Command.Get:
                    RequestWriter.WriteGet(output, Guid.Parse(request.Arguments));
                    break;
                case Command.MGet:
                    RequestWriter.WriteMGet(output, [.. request.Arguments.Split('|').Select(Guid.Parse)]);
                    break;
                case Command.Exists:
                    RequestWriter.WriteExists(output, [.. request.Arguments.Split('|').Select(Guid.Parse)]);
                    break;
                case Command.Auth:
                    RequestWriter.WriteAuth(output, ByteText.Bytes(request.Arguments));
                    break;
                default:
                    RequestWriter.WriteCommand(output, request.Command);
                    break;
            }
        }

        return output.Written;
    }
}
