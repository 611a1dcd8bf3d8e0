using MessagePack;

namespace ZeroK.Wire;

/// <summary>A record inside a message's list.</summary>
public interface IWirePart<TSelf> where TSelf : IWirePart<TSelf>
{
    /// <summary>Writes the part: one MessagePack array.</summary>
    void Write(ref MessagePackWriter writer);

    /// <summary>Reads what <see cref="Write"/> writes.</summary>
    static abstract TSelf Read(ref MessagePackReader reader);
}
