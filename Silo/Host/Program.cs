using ZeroK.Relay;

return await RelayProgram.RunAsync(args, Console.Out, Console.Error);
