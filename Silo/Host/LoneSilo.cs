using System.Net;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace ZeroK.Relay;

/// <summary>A cluster of one silo that listens nowhere: two relays on one machine can't clash, and nobody can reach the cluster's inside.</summary>
internal static class LoneSilo
{
    // An address must be named; nothing is bound to it.
    private static readonly IPEndPoint Nowhere = new(IPAddress.Loopback, 1);

    public static ISiloBuilder UseLoneSilo(this ISiloBuilder silo)
    {
        silo.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = ("zerok", "zerok"));
        silo.Configure<EndpointOptions>(o =>
        {
            o.AdvertisedIPAddress = Nowhere.Address;
            o.SiloPort = Nowhere.Port;
            o.GatewayPort = 0;
        });
        silo.UseDevelopmentClustering(Nowhere);
        ReplaceKeyed<IConnectionListenerFactory>(silo.Services, new SilentListenerFactory());
        ReplaceKeyed<IConnectionFactory>(silo.Services, new NoConnectionFactory());
        return silo;
    }

    // Orleans' sockets are keyed services, under keys of its own: take each out, and put ours in under the same key.
    private static void ReplaceKeyed<T>(IServiceCollection services, T instance) where T : class
    {
        var found = services.Where(d => d.IsKeyedService && d.ServiceType == typeof(T)).ToList();
        if (found.Count == 0) throw new InvalidOperationException($"Orleans registers no {typeof(T).Name} any more: {nameof(LoneSilo)} must be adapted.");
        foreach (var descriptor in found)
        {
            services.Remove(descriptor);
            services.AddKeyedSingleton(descriptor.ServiceKey, instance);
        }
    }

    private sealed class SilentListenerFactory : IConnectionListenerFactory
    {
        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(new SilentListener(endpoint));
    }

    private sealed class SilentListener(EndPoint endpoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _never = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_never.Task.WaitAsync(cancellationToken));

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _never.TrySetResult(null);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            _never.TrySetResult(null);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class NoConnectionFactory : IConnectionFactory
    {
        public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
            throw new ConnectionAbortedException("This relay is a cluster of one silo.");
    }
}
