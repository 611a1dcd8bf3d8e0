using Azure;
using Polly.CircuitBreaker;
using Polly.Timeout;
using ZeroK.Storage.Content;

namespace ZeroK.Storage.AzureBlob;

/// <summary>Turns Azure's errors into what an operator can do, and says which may be tried again.</summary>
internal static class AzureFault
{
    /// <summary>Whether an exception is Azure's, or that of the way to it.</summary>
    public static bool IsOfTheStore(Exception e) => e is RequestFailedException or AggregateException or TimeoutRejectedException or BrokenCircuitException or HttpRequestException or (IOException and not ContentStoreException);

    /// <summary>Whether a request may do better the second time: no answer, too busy, or a fault there. All that the store asks for may be repeated.</summary>
    public static bool IsPassing(Exception e) => e switch
    {
        RequestFailedException r => r.Status is 0 or 408 or 429 or >= 500,
        AggregateException or TimeoutRejectedException or HttpRequestException or (IOException and not ContentStoreException) => true,
        _ => false,
    };

    /// <summary>The failure of a call. Names no object: Azure's own text isn't passed on.</summary>
    public static ContentStoreException Of(Exception e, string doing) => new($"Azure Blob Storage failed {doing}{Advice(e)}");

    private static string Advice(Exception e) => e switch
    {
        RequestFailedException { Status: 403 or 401 } r => $" (code {r.ErrorCode}). It refuses the key or the signature of the connection string, or the clock is wrong.",
        RequestFailedException { Status: 429 or 503 } r => $" (code {r.ErrorCode}). It has too much to do; the relay goes on by itself.",
        RequestFailedException { Status: > 0 } r => $" (status {r.Status}, code {r.ErrorCode}). See Azure's list of Blob Storage error codes.",
        BrokenCircuitException => ". It failed several times in a row and is left alone for a moment; the relay goes on by itself.",
        TimeoutRejectedException => ". It did not answer in time. Check the network and the account's load.",
        _ => ". It can't be reached. Check the network and the connection string; the relay goes on by itself.",
    };
}
