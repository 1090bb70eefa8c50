return await KvTcp.Compare.CompareCommand.RunAsync(args, Console.Error);
