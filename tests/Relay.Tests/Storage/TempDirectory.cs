namespace ZeroK.Relay.Tests.Storage;

/// <summary>A directory that goes with the test.</summary>
internal sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("zerok-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
