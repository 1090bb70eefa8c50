namespace KvTcp.Protocol;

/// <summary>Writes the answers to lookups in one protocol or another; implemented by structs, so that each caller is compiled for its writer.</summary>
public interface IValueWriter
{
    /// <summary>How many bytes this writer has written.</summary>
    long Written { get; }

    /// <summary>Writes the reply of a hit.</summary>
    /// <param name="value">The value; no CR or LF in it.</param>
    void WriteValue(scoped ReadOnlySpan<byte> value);

    /// <summary>Writes the start of the reply of a hit whose value follows in parts.</summary>
    /// <param name="length">The length of the whole value in bytes.</param>
    void WriteValueStart(int length);

    /// <summary>Writes a part of a value, after <see cref="WriteValueStart"/>.</summary>
    /// <param name="part">The next bytes of the value.</param>
    void WriteValuePart(scoped ReadOnlySpan<byte> part);

    /// <summary>Ends a value that was written in parts.</summary>
    void WriteValueEnd();

    /// <summary>Writes the reply of a miss.</summary>
    void WriteNotFound();

    /// <summary>Writes the reply of a key of which nothing is known.</summary>
    /// <param name="code">Why, for programs.</param>
    /// <param name="text">Why, for people; one line.</param>
    void WriteError(ErrorCode code, scoped ReadOnlySpan<byte> text);
}
