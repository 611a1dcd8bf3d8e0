using ZeroK.Relay.Tests.Storage;

// The test program, and the child that the store's kill test starts: this same file with another first argument.
if (args is [StoreWriter.Verb, var directory]) return await StoreWriter.RunAsync(directory);
return args.Any(a => a is "--server" or "--internal-msbuild-node")
    ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, ZeroK.Relay.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
