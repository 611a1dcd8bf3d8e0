using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ZeroK.Transport;

namespace ZeroK.Bench.Relay;

/// <summary>A relay process on loopback with a fresh data directory; what the system says about it.</summary>
internal sealed class RelayUnderTest : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private RelayUnderTest(Process process, string directory, string address, TimeSpan startToReady)
    {
        _process = process;
        _directory = directory;
        Address = address;
        var uri = new Uri(address);
        Endpoint = new RelayEndpoint(uri.Host, uri.Port);
        Fingerprint = Base64Url.DecodeFromChars(uri.AbsolutePath.AsSpan().Trim('/'));
        StartToReady = startToReady;
    }

    /// <summary>As the relay prints it.</summary>
    public string Address { get; }

    public RelayEndpoint Endpoint { get; }

    public ReadOnlyMemory<byte> Fingerprint { get; }

    public TimeSpan StartToReady { get; }

    /// <summary>Resident memory, bytes.</summary>
    public long ResidentBytes => Kilobytes("VmRSS") * 1024;

    /// <summary>Bytes in the relay's data directory.</summary>
    public long DiskBytes => Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

    /// <summary>Processor time of all threads so far.</summary>
    public TimeSpan Processor
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<RelayUnderTest> StartAsync(string relayDll, params string[] more)
    {
        var directory = Directory.CreateTempSubdirectory("zerok-bench-").FullName;
        var start = new ProcessStartInfo("dotnet", [relayDll, "--listen", "127.0.0.1", "--port", "0", "--http-port", "0", "--data-dir", directory, "--json", "true", "--log-level", "Warning", .. more])
        {
            RedirectStandardOutput = true,
        };
        var clock = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The relay ended before it was ready.");
        var elapsed = clock.Elapsed;
        _ = process.StandardOutput.ReadToEndAsync();
        var address = JsonDocument.Parse(line).RootElement.GetProperty("address").GetString()!;
        return new RelayUnderTest(process, directory, address, elapsed);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private long Kilobytes(string field) => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(field + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
