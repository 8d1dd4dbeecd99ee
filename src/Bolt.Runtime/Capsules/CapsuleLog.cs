namespace Bolt.Capsules;

/// <summary>Reads what a shim logged.</summary>
internal static class CapsuleLog
{
    /// <summary>Lines in order; with <paramref name="follow"/> until the capsule ends.</summary>
    /// <param name="folder">The capsule's folder.</param>
    /// <param name="follow">Wait for more.</param>
    /// <param name="since">Only lines from this time on.</param>
    /// <param name="tail">Only so many of the lines that are already there.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static IAsyncEnumerable<CapsuleLogLine> ReadAsync(string folder, bool follow, DateTimeOffset? since, int? tail, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
