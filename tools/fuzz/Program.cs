return await KvTcp.Fuzz.FuzzCommand.RunAsync(args, Console.Error);
