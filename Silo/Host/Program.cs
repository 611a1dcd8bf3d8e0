using ZeroK.Relay;

NativeMemory.UseFewArenas();
return await RelayProgram.RunAsync(args, Console.Out, Console.Error);
