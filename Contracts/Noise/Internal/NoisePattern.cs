namespace ZeroK.Noise.Internal;

/// <summary>A step of a handshake message.</summary>
internal enum Token
{
    /// <summary>The ephemeral public keys; a hybrid pattern sends the KEM's too.</summary>
    E,
    /// <summary>The static public keys, sealed once there is a key.</summary>
    S,
    /// <summary>DH of both ephemeral keys.</summary>
    EE,
    /// <summary>DH of the initiator's ephemeral and the responder's static key.</summary>
    ES,
    /// <summary>DH of the initiator's static and the responder's ephemeral key.</summary>
    SE,
    /// <summary>Encapsulate to the reader's ephemeral KEM key.</summary>
    EKem,
    /// <summary>Encapsulate to the reader's static KEM key.</summary>
    SKem,
    /// <summary>Mix the pre-shared key.</summary>
    Psk,
}

/// <summary>A handshake pattern as data: the tokens of each message, the initiator's first.</summary>
internal sealed record NoisePattern(string Name, bool Hybrid, Token[][] Messages)
{
    /// <summary>Noise revision 34, section 7.5.</summary>
    public static readonly NoisePattern XX = new("XX_25519", false, [[Token.E], [Token.E, Token.EE, Token.S, Token.ES], [Token.S, Token.SE]]);

    /// <summary>Hybrid XX with the token order of clatter 2.2.</summary>
    public static readonly NoisePattern HybridXX = new("hybridXX_25519+MLKEM768", true,
        [[Token.E], [Token.EKem, Token.E, Token.EE, Token.S, Token.ES], [Token.SKem, Token.S, Token.SE], [Token.SKem]]);

    /// <summary>The same with a pre-shared key mixed at the end of message 3.</summary>
    public static readonly NoisePattern HybridXXpsk3 = new("hybridXXpsk3_25519+MLKEM768", true,
        [[Token.E], [Token.EKem, Token.E, Token.EE, Token.S, Token.ES], [Token.SKem, Token.S, Token.SE, Token.Psk], [Token.SKem]]);

    public bool HasPsk => Messages.Any(m => m.Contains(Token.Psk));

    /// <summary>The full protocol name, which is the first thing hashed.</summary>
    public string ProtocolName(NoiseHash hash) => $"Noise_{Name}_ChaChaPoly_{hash.Name}";
}
