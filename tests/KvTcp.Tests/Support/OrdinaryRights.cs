namespace KvTcp.Tests.Support;

/// <summary>Runs a command that may not read and write what it has no permission for: root may do everything, unless it gives that up.</summary>
internal static class OrdinaryRights
{
    /// <summary>What stands before the command in a shell.</summary>
    public static string Prefix => Environment.IsPrivilegedProcess ? "setpriv --bounding-set=-dac_override,-dac_read_search " : "";
}
