namespace KvTcp.Server.Resp;

/// <summary>Why a request is refused, whatever its arguments say.</summary>
internal enum RespRefusal : byte
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>There is no such command.</summary>
    UnknownCommand,

    /// <summary>The command takes more arguments, or fewer.</summary>
    WrongArguments,

    /// <summary>The connection has to authenticate first.</summary>
    NoAuth,

    /// <summary>The command writes.</summary>
    Write,

    /// <summary>No dataset is loaded.</summary>
    Loading,

    /// <summary>It has more keys than the server allows.</summary>
    TooManyKeys,

    /// <summary>An engine answers in place of a dataset, and cannot be asked this.</summary>
    NoDataset,

    /// <summary>Its arguments are longer, or more, than are kept.</summary>
    TooLong,
}
