namespace ZeroK.Chaos.Catalogue.Content;

/// <summary>What the content scenarios promise, in the catalogue's words.</summary>
internal static class Promise
{
    public const string Detected = "corruption is detected before any decrypted byte is returned";
    public const string OneBit = "BLAKE3 catches a single flipped bit";
    public const string PartialRefused = "a partial transfer is refused, never accepted silently";
    public const string Resumes = "the transfer resumes from the last verified chunk: bytes fetched in total stay under size + 2 chunks";
    public const string CiphertextsDiffer = "the two ciphertexts and hashes differ";
    public const string SameContent = "both decrypt to the identical content";
    public const string FailedWrite = "a failed write is reported to the caller and the object is marked unsent";
    public const string FailedRead = "read corruption is detected by hash";
    public const string Quota = "a quota error is actionable: it names limit, use and need";
    public const string AllOnce = "after recovery nothing queued is skipped and nothing is sent twice";
    public const string NeverComplete = "the collection is never presented as complete";
    public const string SaysMissing = "it says which members are missing, and completes later without re-fetching the 3";
    public const string ManifestFirst = "detected before any member is served from it";

    public static IReadOnlyList<string> OfBlobs { get; } = [Detected, OneBit, PartialRefused];

    public static IReadOnlyList<string> OfStores { get; } = [FailedWrite, FailedRead, Quota, AllOnce];
}
