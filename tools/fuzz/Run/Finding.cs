namespace KvTcp.Fuzz;

/// <summary>An input that something goes wrong with.</summary>
/// <param name="Target">The name of the target.</param>
/// <param name="Seed">What the input was made from; null when it was given.</param>
/// <param name="Input">The input, as short as could be found.</param>
/// <param name="What">What goes wrong.</param>
internal sealed record Finding(string Target, ulong? Seed, byte[] Input, string What)
{
    private const int Shown = 2000;

    /// <summary>Keeps the input in a file whose name follows from its bytes.</summary>
    /// <param name="directory">Where; is created.</param>
    /// <returns>The file.</returns>
    public string Keep(string directory)
    {
        Directory.CreateDirectory(directory);
        string name = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Input))[..12];
        string path = Path.Combine(directory, $"{Target}-{name}.bin");
        File.WriteAllBytes(path, Input);
        return path;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string input = InputText.Show(Input);
        return $"{Target}{(Seed is ulong seed ? $", seed {seed}" : "")}: {What}\n{(input.Length <= Shown ? input : input[..Shown] + " ...")}";
    }
}
