namespace KvTcp.Tests.Support;

/// <summary>A command of a page's console blocks, a line that starts with <c>$</c>, and what stands below it.</summary>
internal sealed record ConsoleExample(string Command, string Output)
{
    /// <summary>The commands of a page, in their order.</summary>
    public static IEnumerable<ConsoleExample> Read(string page)
    {
        string? command = null;
        List<string> output = [];
        bool isInBlock = false;
        foreach (string line in page.Split('\n'))
        {
            bool isCommand = isInBlock && line.StartsWith("$ ", StringComparison.Ordinal);
            bool isFence = line.StartsWith("```", StringComparison.Ordinal);
            if ((isCommand || isFence) && command is not null)
            {
                yield return new ConsoleExample(command, string.Concat(output.Select(static text => text + "\n")));
                command = null;
                output.Clear();
            }

            if (isFence)
            {
                isInBlock = line is "```console";
            }
            else if (isCommand)
            {
                command = line[2..];
            }
            else if (isInBlock)
            {
                output.Add(line);
            }
        }
    }
}
