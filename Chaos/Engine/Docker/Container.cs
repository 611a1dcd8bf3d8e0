using System.Diagnostics;
using ZeroK.Chaos.Faults;

namespace ZeroK.Chaos.Docker;

/// <summary>A container of a run: made once, started and killed often, on the files of its own layer and volume. While it runs, a docker process carries its pipes.</summary>
/// <param name="spec">What to make.</param>
internal sealed class Container(ContainerSpec spec) : IAsyncDisposable
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(60);

    private bool _made;
    private bool _paused;
    private Process? _attached;

    /// <summary>Its fixed address.</summary>
    public string Address => spec.Address;

    /// <summary>Whether it lives, be it paused.</summary>
    public bool Running => _attached is { HasExited: false };

    /// <summary>Makes it, if it isn't there yet, and starts it; the pipes are the container's.</summary>
    public async Task<Process> StartAsync(CancellationToken cancellationToken)
    {
        if (!_made)
        {
            await DockerCommands.Create(spec).RunAsync(cancellationToken).ConfigureAwait(false);
            _made = true;
        }

        _attached?.Dispose();
        _paused = false;
        var command = DockerCommands.StartAttached(spec.Name, spec.Interactive);
        var start = new ProcessStartInfo(command.Program, command.Arguments) { RedirectStandardInput = spec.Interactive, RedirectStandardOutput = true, RedirectStandardError = true };
        return _attached = Process.Start(start) ?? throw new InvalidOperationException("docker can't be started.");
    }

    /// <summary>kill -9, also of a paused one; returns when it is gone.</summary>
    public async Task KillAsync()
    {
        if (Running)
        {
            try
            {
                await DockerCommands.Kill(spec.Name, "SIGKILL").RunAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (CommandFailedException) when (!Running)
            {
                // It ended by itself meanwhile.
            }
        }

        await WaitForExitAsync().ConfigureAwait(false);
    }

    /// <summary>SIGTERM; returns when it is gone.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!Running) return;
        await DockerCommands.Stop(spec.Name, StopGrace).RunAsync(cancellationToken).ConfigureAwait(false);
        await WaitForExitAsync().ConfigureAwait(false);
    }

    /// <summary>Freezes it.</summary>
    public async Task PauseAsync()
    {
        await DockerCommands.Pause(spec.Name).RunAsync(CancellationToken.None).ConfigureAwait(false);
        _paused = true;
    }

    /// <summary>Lets it go on; nothing happens if it isn't frozen.</summary>
    public async Task ResumeAsync()
    {
        if (!_paused) return;
        _paused = false;
        await DockerCommands.Unpause(spec.Name).RunAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Returns when it is gone.</summary>
    public Task WaitForExitAsync() => _attached?.WaitForExitAsync() ?? Task.CompletedTask;

    /// <summary>Its main process on this machine; null where it is none that can be seen.</summary>
    public async Task<Process?> FindProcessAsync(CancellationToken cancellationToken)
    {
        var state = (await DockerCommands.State(spec.Name).RunAsync(cancellationToken).ConfigureAwait(false)).Trim().Split(' ');
        try
        {
            return int.TryParse(state[^1], out var pid) && pid > 0 ? Process.GetProcessById(pid) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>What the image's own health check said last: starting, healthy, unhealthy; "none" where it has none.</summary>
    public async Task<string> HealthAsync(CancellationToken cancellationToken) =>
        (await DockerCommands.State(spec.Name).RunAsync(cancellationToken).ConfigureAwait(false)).Trim().Split(' ')[1];

    /// <summary>Copies one of its directories out. A file that grows while it is copied makes docker give up, so it is tried again.</summary>
    public async Task CopyOutAsync(string path, string into, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (Directory.Exists(into)) Directory.Delete(into, recursive: true);
            Directory.CreateDirectory(into);
            try
            {
                await DockerCommands.CopyOut(spec.Name, path, into).RunAsync(cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (CommandFailedException) when (attempt < 5)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_made) await DockerCommands.Remove([spec.Name], force: true, volumes: true).RunAsync(CancellationToken.None).ConfigureAwait(false);
        _made = false;
        await WaitForExitAsync().ConfigureAwait(false);
        _attached?.Dispose();
        _attached = null;
    }
}
