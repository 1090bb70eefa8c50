namespace KvTcp.Fuzz;

/// <summary>A reader and its oracle do not agree about an input.</summary>
/// <param name="message">In what.</param>
internal sealed class FuzzException(string message) : Exception(message);
