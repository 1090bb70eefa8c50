return await KvTcp.Soak.SoakCommand.RunAsync(args, Console.Error);
