namespace KvTcp.Server;

/// <summary>What <see cref="TokenGuard"/> says of a token that a client shows.</summary>
internal enum TokenVerdict : byte
{
    /// <summary>It is the server's.</summary>
    Right,

    /// <summary>It is not.</summary>
    Wrong,

    /// <summary>So many wrong ones came from the client's address that this one does not count, whatever it is.</summary>
    HeldOff,
}
