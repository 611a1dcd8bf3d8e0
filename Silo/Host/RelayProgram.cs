using System.Reflection;
using System.Text.Json;
using ZeroK.GrainContracts;
using ZeroK.Grains.Storage;
using ZeroK.Relay.Http;
using ZeroK.Relay.Settings;
using ZeroK.Storage.Content;
using ZeroK.Transport;

namespace ZeroK.Relay;

/// <summary>The process: settings in, one line when ready, an exit code at the end.</summary>
internal static class RelayProgram
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter errors)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            await output.WriteLineAsync(SettingTable.HelpText);
            return ExitCode.Done;
        }

        if (args.Contains("--version"))
        {
            await output.WriteLineAsync($"zerok-relay {Version}");
            return ExitCode.Done;
        }

        try
        {
            var settings = SettingReader.Read([.. args.Where(a => a != HealthProbe.Option)], Environment.GetEnvironmentVariables());
            if (args.Contains(HealthProbe.Option)) return await HealthProbe.RunAsync(settings, output);
            await using var relay = await RelayHost.CreateAsync(settings);
            await relay.StartAsync();
            await output.WriteLineAsync(ReadyLine(relay, settings.Json));
            await output.FlushAsync();
            await relay.WaitForShutdownAsync();
            return ExitCode.Done;
        }
        catch (SettingException wrong)
        {
            return await FailAsync(errors, ExitCode.BadSetting, wrong.Message);
        }
        catch (DataDirectoryException unusable)
        {
            return await FailAsync(errors, ExitCode.NoData, unusable.Message);
        }
        catch (Exception unusable) when (unusable is StoreException or ContentStoreException or BodyStoreException)
        {
            return await FailAsync(errors, ExitCode.NoData, unusable.Message);
        }
        catch (TransportException taken)
        {
            return await FailAsync(errors, ExitCode.CantListen, $"--port: {taken.Message}");
        }
        catch (IOException taken) when (taken.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException or System.Net.Sockets.SocketException)
        {
            return await FailAsync(errors, ExitCode.CantListen, $"--http-port: {taken.Message}");
        }
        catch (Exception fault)
        {
            return await FailAsync(errors, ExitCode.Fault, $"The relay failed: {fault}");
        }
    }

    /// <summary>The version that it was built as, with the commit where the build knows it.</summary>
    internal static string Version => typeof(RelayProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The one line on standard output. For programs: address, http, transports; more may be added.</summary>
    internal static string ReadyLine(RelayHost relay, bool json) => json
        ? JsonSerializer.Serialize(new { ready = true, address = relay.Address, http = relay.HttpAddress, transports = relay.Listening.Select(t => t.ToString()) })
        : $"Ready: {relay.Address} (health and metrics: {relay.HttpAddress})";

    private static async Task<int> FailAsync(TextWriter errors, int code, string text)
    {
        await errors.WriteLineAsync("zerok-relay: " + text);
        return code;
    }
}
