return await KvTcp.Cli.CommandLine.RunAsync(args);
