using ZeroK.Relay;

NativeMemory.KeepLittle();
return await RelayProgram.RunAsync(args, Console.Out, Console.Error);
