using System.Text;

namespace KvTcp.Tests.Support;

/// <summary>Requests and replies of RESP as text, one character a byte.</summary>
internal static class RespText
{
    /// <summary>A request.</summary>
    public static string Request(params IEnumerable<string> arguments)
    {
        string[] all = [.. arguments];
        StringBuilder text = new($"*{all.Length}\r\n");
        foreach (string argument in all)
        {
            text.Append(Bulk(argument));
        }

        return text.ToString();
    }

    /// <summary>A bulk.</summary>
    public static string Bulk(string text) => $"${text.Length}\r\n{text}\r\n";

    /// <summary>An array of replies.</summary>
    public static string Array(params IEnumerable<string> elements)
    {
        string[] all = [.. elements];
        return $"*{all.Length}\r\n{string.Concat(all)}";
    }
}
