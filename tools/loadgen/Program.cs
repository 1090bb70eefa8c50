Console.Error.WriteLine("loadgen: nothing to run yet");
return 70;
