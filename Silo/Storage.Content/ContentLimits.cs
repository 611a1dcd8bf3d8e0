using System.ComponentModel.DataAnnotations;

namespace ZeroK.Storage.Content;

/// <summary>What contents may use. Names end with their unit; <see cref="ContentLimitsValidator"/> checks the ranges at start.</summary>
public sealed record ContentLimits
{
    /// <summary>Bytes of a group's contents, uploads under way and 4,096 for each object included. 0 (no contents) to 1 PiB, default 1 GiB.</summary>
    [Range(0L, 1L << 50)]
    public long GroupBytesMax { get; init; } = 1L << 30;

    /// <summary>Objects of a group's contents, uploads under way included. 1 to 10,000,000, default 100,000.</summary>
    [Range(1, 10_000_000)]
    public int GroupObjectsMax { get; init; } = 100_000;

    /// <summary>Hours that an object is kept after it was last put or referred to. 1 to 87,600, default 168: 7 days.</summary>
    [Range(1, 87_600)]
    public int KeepHours { get; init; } = 168;

    /// <summary>Hours that an unfinished upload is kept after it was last announced. 1 to 8,760, default 24.</summary>
    [Range(1, 8_760)]
    public int UploadHours { get; init; } = 24;

    /// <summary>Seconds between looks for what has expired. 1 to 86,400, default 60.</summary>
    [Range(1, 86_400)]
    public int SweepSeconds { get; init; } = 60;

    /// <summary>Objects that one look drops. 1 to 100,000, default 1,000.</summary>
    [Range(1, 100_000)]
    public int SweepObjectsMax { get; init; } = 1_000;
}
