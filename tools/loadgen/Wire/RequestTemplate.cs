using System.Net;
using System.Text;
using KvTcp.Protocol;

namespace KvTcp.LoadGen;

/// <summary>
/// The bytes of a request with places for its keys. All keys are equally long, so every request of a run has the same length and
/// differs from the others in these places only. Immutable.
/// </summary>
internal sealed class RequestTemplate
{
    private const string KeyPlace = "{key}";

    private RequestTemplate(string text)
    {
        string[] pieces = text.Split(KeyPlace);
        List<int> places = [];
        int position = 0;
        foreach (string piece in pieces[..^1])
        {
            position += Encoding.UTF8.GetByteCount(piece);
            places.Add(position);
            position += UuidText.Length;
        }

        KeyPlaces = [.. places];
        Bytes = Encoding.UTF8.GetBytes(string.Join(new string('0', UuidText.Length), pieces));
    }

    /// <summary>The request, with zeros where the keys go.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Where the keys go.</summary>
    public IReadOnlyList<int> KeyPlaces { get; }

    /// <summary>Makes the template of a plan's requests.</summary>
    /// <param name="plan">The plan.</param>
    public static RequestTemplate Of(LoadPlan plan)
    {
        string keys = string.Concat(Enumerable.Repeat(' ' + KeyPlace, plan.KeysPerRequest));
        string bulkKeys = string.Concat(Enumerable.Repeat($"$36\r\n{KeyPlace}\r\n", plan.KeysPerRequest));
        bool isOne = plan.KeysPerRequest == 1;
        return new RequestTemplate(plan.Protocol switch
        {
            WireProtocol.Line => $"{(isOne ? "GET" : "MGET")}{keys}\n",
            WireProtocol.Resp => $"*{plan.KeysPerRequest + 1}\r\n{(isOne ? "$3\r\nGET" : "$4\r\nMGET")}\r\n{bulkKeys}",
            WireProtocol.Memcached => $"get{keys}\r\n",
            _ => $"GET {plan.HttpPath} HTTP/1.1\r\nHost: {(plan.Server is IPEndPoint ? plan.Server : "localhost")}\r\n\r\n",
        });
    }
}
