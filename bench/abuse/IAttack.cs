using ZeroK.Bench.Relay;

namespace ZeroK.Bench.Abuse;

/// <summary>One way to harm a relay. One file and one row in <c>Program.cs</c>.</summary>
internal interface IAttack
{
    /// <summary>One word, for the command line.</summary>
    string Name { get; }

    /// <summary>Goes on until it is cancelled. Refusals are what it expects: it counts what it got.</summary>
    /// <returns>What it got, in words.</returns>
    Task<string> RunAsync(RelayUnderTest relay, CancellationToken stop);
}
