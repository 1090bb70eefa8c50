using System.ComponentModel;
using System.Net.Sockets;

namespace KvTcp.LoadGen;

/// <summary>Error numbers of Linux as exceptions and in words. Stateless.</summary>
internal static class SocketErrors
{
    /// <summary>The text of the system.</summary>
    /// <param name="number">The error number.</param>
    public static string Text(int number) => new Win32Exception(number).Message;

    /// <summary>An exception with that text.</summary>
    /// <param name="number">The error number.</param>
    public static SocketException Exception(int number) => new(number, Text(number));
}
