namespace ZeroK.Wire;

/// <summary>A platform's push service.</summary>
public enum PushPlatform : byte
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Apple Push Notification service.</summary>
    Apns = 1,
    /// <summary>Firebase Cloud Messaging.</summary>
    Fcm = 2,
    /// <summary>UnifiedPush.</summary>
    UnifiedPush = 3,
}
