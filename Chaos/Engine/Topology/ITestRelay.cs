using ZeroK.Chaos.Judges;

namespace ZeroK.Chaos.Topology;

/// <summary>A relay that a run starts, breaks and looks into. Its data outlive kill and restart, and so does its port.</summary>
public interface ITestRelay : IAsyncDisposable
{
    /// <summary>Its address as it announced it, with its fingerprint as the path.</summary>
    Uri Address { get; }

    /// <summary>host:port where the runner's proxies reach it.</summary>
    string Endpoint { get; }

    /// <summary>The transports it listens on, as it announced them: "Tcp", "Quic".</summary>
    IReadOnlyList<string> Transports { get; }

    /// <summary>Whether it lives, be it paused.</summary>
    bool Running { get; }

    /// <summary>What it logged so far.</summary>
    string Log { get; }

    /// <summary>From its next start on: settings beyond those that it was made with, as its command line takes them.</summary>
    /// <exception cref="Scenarios.ScenarioSkippedException">This topology can't change a relay's settings.</exception>
    void Configure(IReadOnlyList<string> settings) => throw new Scenarios.ScenarioSkippedException("this topology can't change a relay's settings");

    /// <summary>Starts it, or starts it again on its data; returns when it is ready.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>kill -9, or what comes nearest; returns when it is gone.</summary>
    Task KillAsync();

    /// <summary>Asks it to stop (SIGTERM), and returns when it is gone.</summary>
    Task StopAsync(CancellationToken cancellationToken);

    /// <summary>It lives and does nothing (SIGSTOP).</summary>
    /// <exception cref="Scenarios.ScenarioSkippedException">This topology can't pause.</exception>
    Task PauseAsync();

    /// <summary>It goes on (SIGCONT).</summary>
    Task ResumeAsync();

    /// <summary>Whether it says that it is well. False also when it can't be reached.</summary>
    Task<bool> HealthyAsync(CancellationToken cancellationToken);

    /// <summary>A metric's value, summed over its labels that contain <paramref name="label"/>; 0 if there is none.</summary>
    Task<double> MetricAsync(string name, string label, CancellationToken cancellationToken);

    /// <summary>What it uses now; negative where it is not known.</summary>
    Task<ResourceUse> UseAsync(CancellationToken cancellationToken);

    /// <summary>Its log and its files: what it kept.</summary>
    IReadOnlyList<ByteSource> WhatItKept();
}
