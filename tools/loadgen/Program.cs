return await KvTcp.LoadGen.LoadGenCommand.RunAsync(args, Console.Error);
