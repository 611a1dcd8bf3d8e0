using ZeroK.Cli;

return await CliApp.RunAsProcessAsync(args);
