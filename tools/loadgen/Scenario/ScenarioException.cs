namespace KvTcp.LoadGen;

/// <summary>A scenario file is not one; the message says which file, which phase, which field, and what would be right.</summary>
/// <param name="message">One line.</param>
/// <param name="innerException">The cause.</param>
internal sealed class ScenarioException(string message, Exception? innerException = null) : Exception(message, innerException);
