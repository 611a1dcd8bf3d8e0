using ZeroK.Transport;

namespace ZeroK.Contracts.Tests.Transport;

public sealed class TcpConformance() : TransportConformance(new TcpTransport(), "127.0.0.1", "127.0.0.1");

public sealed class TcpOnAllAddressesConformance() : TransportConformance(new TcpTransport(), "*", "127.0.0.1");

public sealed class MemoryConformance() : TransportConformance(new MemoryNetwork(), "relay", "relay");

public sealed class QuicConformance() : TransportConformance(new QuicTransport(), "127.0.0.1", "127.0.0.1");

public sealed class QuicOnAllAddressesConformance() : TransportConformance(new QuicTransport(), "*", "127.0.0.1");
