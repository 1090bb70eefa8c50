namespace KvTcp.Store;

/// <summary>Which of several pairs with one key is kept.</summary>
public enum DuplicatePolicy
{
    /// <summary>The last one in the order of the files and lines.</summary>
    Last,

    /// <summary>The first one in the order of the files and lines.</summary>
    First,

    /// <summary>The load fails with <see cref="DataFileException"/>, which names the first duplicate.</summary>
    Error,
}
