using Bolt.Boltfiles;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>Whatever a service names becomes an image that is ready to be started.</summary>
internal sealed class ImageBuild(BuildTools tools)
{
    /// <param name="source">What the service names.</param>
    /// <param name="baseFolder">What relative paths are relative to: the Boltfile's folder.</param>
    /// <param name="lock">Pins that are read, and set where they were missing.</param>
    /// <param name="offline">Nothing may be fetched.</param>
    public Task<PreparedImage> PrepareAsync(
        ServiceSource source,
        string baseFolder,
        LockSession @lock,
        bool offline,
        IProgress<BuildProgress>? progress,
        CancellationToken cancellationToken) => throw new NotImplementedException(tools.ToString());
}
